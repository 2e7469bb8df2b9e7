package io.deltastreams.feed;

import io.deltastreams.change.Position;
import io.deltastreams.stream.DeltaStream;
import io.smallrye.mutiny.Uni;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Where a subscriber begins. */
public sealed interface Start {

    String SNAPSHOT = "snapshot";

    /** Behind what is there now. */
    record Latest() implements Start {}

    /** With the oldest delta that can still be had. */
    record Earliest() implements Start {}

    /** With the rows as they are now. */
    record Snapshot() implements Start {}

    /** Behind a position. */
    record After(Position position) implements Start {}

    /** With the first transaction committed at that time or later. */
    record Since(Instant time) implements Start {}

    /**
     * Reads what a request says. The event id wins over the parameters, because a browser that connects again repeats its URL and adds the
     * header.
     *
     * @param lastEventId the header {@code Last-Event-ID}; empty counts as missing
     * @param after a position; wins over {@code from=snapshot}, which then says what to do where history is missing
     * @param from {@code latest}, {@code earliest}, {@code snapshot}, an ISO 8601 time, or a position, which means the same as {@code after}
     */
    static Start read(Optional<String> lastEventId, Optional<String> after, Optional<String> from) throws Refusal {
        if (lastEventId.filter(id -> !id.isEmpty()).isPresent()) {
            return new After(position("Last-Event-ID", lastEventId.get()));
        }
        if (after.isPresent() && from.filter(text -> !text.equals(SNAPSHOT)).isPresent()) {
            throw Refusal.ofParameter("from", "give either 'after' or 'from', not both, unless that is 'snapshot'");
        }
        if (after.isPresent()) {
            return new After(position("after", after.get()));
        }
        return from(from.orElse("latest"));
    }

    private static Start from(String text) throws Refusal {
        return switch (text) {
            case "latest" -> new Latest();
            case "earliest" -> new Earliest();
            case SNAPSHOT -> new Snapshot();
            default -> positionOrTime(text);
        };
    }

    private static Start positionOrTime(String text) throws Refusal {
        try {
            return new After(Position.parse(text));
        } catch (IllegalArgumentException _) {
            return since(text);
        }
    }

    private static Start since(String text) throws Refusal {
        try {
            // An offset's '+' that was not escaped arrives as a space.
            return new Since(OffsetDateTime.parse(text.replace(' ', '+')).toInstant());
        } catch (DateTimeException _) {
            throw Refusal.ofParameter(
                    "from",
                    ("'%s' is neither 'latest', 'earliest', 'snapshot', a position such as 0001-00000000016b3748-00000003 nor a time"
                                    + " such as 2026-11-22T10:15:30Z")
                            .formatted(shown(text)));
        }
    }

    private static Position position(String name, String text) throws Refusal {
        try {
            return Position.parse(text);
        } catch (IllegalArgumentException e) {
            throw Refusal.ofParameter(name, String.valueOf(e.getMessage()));
        }
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    /** The position to read after; of a snapshot, which says itself where it stands, the one before everything. */
    default Uni<Position> in(DeltaStream stream) {
        return switch (this) {
            case Latest _ -> Uni.createFrom().item(stream::latest);
            case Snapshot _ -> Uni.createFrom().item(Position.START);
            case Earliest _ -> Uni.createFrom().item(stream::earliest);
            case After(Position position) -> Uni.createFrom().item(position);
            case Since(Instant time) -> stream.before(time);
        };
    }
}
