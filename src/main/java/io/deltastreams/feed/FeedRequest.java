package io.deltastreams.feed;

import io.deltastreams.change.Schema;
import io.deltastreams.settings.Settings;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.transform.InvalidStream;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a subscriber asks for.
 *
 * @param refilled whether the rows as they are now come again wherever history is missing
 * @param narrower what {@code where} and {@code select} leave of the stream; empty where neither is given
 * @param shapes of the deltas, narrowed, as far as they are known before the first one
 */
public record FeedRequest(
        FedStream fed, Start start, boolean refilled, Optional<Narrower> narrower, List<Schema> shapes) {

    private static final List<String> PARAMETERS = List.of("after", "from", "where", "select", "key");

    /**
     * Reads and checks a request; parses SQL, so not for an event loop.
     *
     * @param name of the stream
     * @param query the URL's parameters
     * @param lastEventId the header {@code Last-Event-ID}
     * @param more parameters that are the presentation's own
     */
    static FeedRequest read(
            FedStreams streams, String name, MultiMap query, Optional<String> lastEventId, List<String> more)
            throws Refusal {
        FedStream fed = find(streams, name);
        DeltaStream stream = fed.stream();
        refuseMisspelled(query, more);
        Start start = Start.read(lastEventId, parameter(query, "after"), parameter(query, "from"));
        boolean refilled =
                parameter(query, "from").filter(Start.SNAPSHOT::equals).isPresent();
        if (refilled && !stream.hasRows()) {
            throw Refusal.ofParameter(
                    "from",
                    "no rows are kept here (state: off in the pipeline file); there are 'latest' and 'earliest'");
        }
        Narrower.Text text =
                new Narrower.Text(parameter(query, "where"), parameter(query, "select"), query.getAll("key"));
        return text.where().isEmpty() && text.select().isEmpty() && text.key().isEmpty()
                ? new FeedRequest(fed, start, refilled, Optional.empty(), distinct(stream.outputs()))
                : narrowed(fed, start, refilled, text);
    }

    public DeltaStream stream() {
        return fed.stream();
    }

    private static FeedRequest narrowed(FedStream fed, Start start, boolean refilled, Narrower.Text text)
            throws Refusal {
        try {
            Narrower narrower = new Narrower(fed.stream().id(), text);
            List<Schema> shapes = new ArrayList<>();
            for (Schema output : fed.stream().outputs()) {
                shapes.add(narrower.output(output));
            }
            return new FeedRequest(fed, start, refilled, Optional.of(narrower), distinct(shapes));
        } catch (InvalidStream e) {
            String parameter = e.key().startsWith("where") ? "where" : "select";
            throw Refusal.ofParameter(parameter, "line %d, column %d: %s".formatted(e.line(), e.column(), e.problem()));
        } catch (Narrower.NoSuchKey e) {
            throw Refusal.ofParameter("key", String.valueOf(e.getMessage()));
        }
    }

    private static List<Schema> distinct(List<Schema> shapes) {
        return shapes.stream().distinct().toList();
    }

    private static FedStream find(FedStreams streams, String name) throws Refusal {
        List<FedStream> running = streams.running()
                .orElseThrow(() -> Refusal.of(
                        503,
                        streams.trouble()
                                .map("the pipeline cannot run: "::concat)
                                .orElse("the pipeline has not started yet, or ends; try again in a moment")));
        FedStream found = running.stream()
                .filter(candidate -> nameOf(candidate).equals(name))
                .findFirst()
                .orElseThrow(() -> unknown(name, running));
        if (!found.shown()) {
            throw Refusal.of(
                    404,
                    "the stream '%s' has no feed; give it one in the pipeline file: streams.%s.to.feed: {}"
                            .formatted(name, name));
        }
        return found;
    }

    private static Refusal unknown(String name, List<FedStream> running) {
        List<String> shown = running.stream()
                .filter(FedStream::shown)
                .map(FeedRequest::nameOf)
                .toList();
        String known = Settings.nearest(name, shown)
                .map("did you mean '%s'?"::formatted)
                .orElse(shown.isEmpty() ? "none here has a feed" : "known here: " + String.join(", ", shown));
        return Refusal.of(404, "there is no stream '%s'; %s".formatted(shown(name), known));
    }

    private static String nameOf(FedStream candidate) {
        return candidate.stream().id().text();
    }

    /** Others' parameters (tokens, cache busters) pass; one that is nearly ours would be missed in silence. */
    private static void refuseMisspelled(MultiMap query, List<String> more) throws Refusal {
        List<String> known = new ArrayList<>(PARAMETERS);
        known.addAll(more);
        for (String name : query.names()) {
            Optional<String> nearest = Settings.nearest(name, known);
            if (nearest.isPresent() && !known.contains(name)) {
                throw Refusal.ofParameter(
                        name, "unknown parameter '%s'; did you mean '%s'?".formatted(shown(name), nearest.get()));
            }
        }
    }

    private static Optional<String> parameter(MultiMap query, String name) {
        return Optional.ofNullable(query.get(name));
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
