package io.deltastreams.pipeline;

import io.deltastreams.change.Position;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.pipeline.PipelineStatus.Output;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.SourceFailure;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a run has delivered what there was when it began to capture: the source's log up to its end at that moment, which is fixed, so that a
 * database under load does not run away from it. Of one thread.
 */
final class CaughtUp {

    private final SourceRunner source;
    private final ChangeLog log;
    private final Supplier<PipelineStatus> status;
    private @Nullable Position position;

    CaughtUp(SourceRunner source, ChangeLog log, Supplier<PipelineStatus> status) {
        this.source = source;
        this.log = log;
        this.status = status;
    }

    sealed interface Answer {

        /** @param what in a few words, for the log's last line */
        record Done(String what) implements Answer {}

        /** @param forWhat which part stands where */
        record Waiting(String forWhat) implements Answer {}

        /** It never will be: somebody has to mend something. */
        record Failed(String why) implements Answer {}
    }

    Answer look() {
        PipelineStatus now = status.get();
        Optional<String> ended = ended(now);
        if (ended.isPresent()) {
            return new Answer.Failed(ended.get());
        }
        ChangeSource.End end = source.end().orElse(null);
        if (end == null || log.resumeToken().filter(end::isReached).isEmpty()) {
            return new Answer.Waiting("source/%s %s, captured up to %s%s"
                    .formatted(
                            now.source().kind(),
                            now.source().condition(),
                            text(log.last()),
                            now.log().status().waiting().map("; log "::concat).orElse("")));
        }
        if (position == null) {
            position = log.last().orElse(Position.START);
        }
        Position upTo = position;
        String behind = now.outputs().stream()
                .filter(output -> isBehind(output.cursor(), upTo))
                .map(output -> text(output, upTo))
                .collect(Collectors.joining("; "));
        String relay = now.relay()
                .filter(relayed -> isBehind(relayed.cursor(), upTo))
                .map(relayed -> "relay/%s %s".formatted(relayed.kind(), relayed.condition()))
                .orElse("");
        if (!behind.isEmpty() || !relay.isEmpty()) {
            return new Answer.Waiting(behind.isEmpty() || relay.isEmpty() ? behind + relay : behind + "; " + relay);
        }
        return acknowledged(end)
                ? new Answer.Done("position=%s captured=%d delivered=\"%s\""
                        .formatted(
                                upTo,
                                now.source().captured().values().stream()
                                        .mapToLong(Long::longValue)
                                        .sum(),
                                now.outputs().stream()
                                        .map(output -> "%s/%s %d"
                                                .formatted(output.stream(), output.kind(), output.delivered()))
                                        .collect(Collectors.joining(", "))))
                : new Answer.Waiting("source/%s to be told that it may forget"
                        .formatted(now.source().kind()));
    }

    private static boolean acknowledged(ChangeSource.End end) {
        try {
            return end.isAcknowledged();
        } catch (SourceFailure _) {
            // It is asked again; what is wrong there the source tells.
            return false;
        }
    }

    private static Optional<String> ended(PipelineStatus now) {
        if (now.log().failure().isPresent()) {
            return now.log().failure();
        }
        if (now.source().condition().is(State.STOPPED)) {
            return Optional.of(
                    "source/%s %s".formatted(now.source().kind(), now.source().condition()));
        }
        return now.outputs().stream()
                .filter(output -> output.condition().is(State.STOPPED))
                .map(output -> "%s/%s %s".formatted(output.stream(), output.kind(), output.condition()))
                .findFirst()
                .or(() -> now.relay()
                        .filter(relay -> relay.condition().is(State.STOPPED))
                        .map(relay -> "relay/%s %s".formatted(relay.kind(), relay.condition())));
    }

    private static boolean isBehind(Optional<Position> cursor, Position upTo) {
        return cursor.isEmpty() || upTo.isAfter(cursor.get());
    }

    private static String text(Output output, Position upTo) {
        return "%s/%s %s, at %s of %s"
                .formatted(output.stream(), output.kind(), output.condition(), text(output.cursor()), upTo);
    }

    private static String text(Optional<Position> position) {
        return position.map(Position::toString).orElse("nowhere");
    }
}
