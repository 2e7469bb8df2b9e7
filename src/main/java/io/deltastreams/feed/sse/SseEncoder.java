package io.deltastreams.feed.sse;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.GapJson;
import io.deltastreams.feed.Narrower;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.stream.Reading;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Turns readings into bytes, once for all subscribers that want the same. Thread-safe. */
final class SseEncoder {

    /** What one write takes at most, but for a single larger event: what a subscriber that does not read keeps in memory. */
    static final int CHUNK = 64 << 10;

    private static final byte[] END = {'\n', '\n'};

    private final Codec codec;
    private final Duration errorRetry;

    SseEncoder(Codec codec, Duration errorRetry) {
        this.codec = codec;
        this.errorRetry = errorRetry;
    }

    /** @param at where the subscriber stands */
    Encoded encode(Reading reading, Position at, Optional<Narrower> narrower) {
        return switch (reading) {
            case Reading.Deltas deltas ->
                narrower.map(some -> narrowed(deltas, at, some))
                        .orElseGet(() ->
                                deltas.derived(Encoded.class, Encoded.class, some -> counted(some, whole(some, at))));
            case Reading.Gap gap -> {
                Position upTo = gap.removedUpTo();
                yield new Encoded(
                        List.of(gap(upTo, GapJson.ofRetention(gap.after(), upTo))), upTo, Optional.empty(), false);
            }
            case Reading.Stopped stopped ->
                new Encoded(List.of(error(stopped.position(), stopped.reason(), at)), at, Optional.empty(), true);
        };
    }

    private static Encoded.Gap gap(Position behind, JsonObject data) {
        return new Encoded.Gap(
                new Bytes(SseEvents.gap(behind.toString(), data)), new Bytes(SseEvents.gap("", data)), behind);
    }

    /** For whoever stands in an epoch that is not known here. */
    Encoded otherHistory(Position after, DeltaStream stream) {
        Position from = stream.earliest();
        return new Encoded(
                List.of(gap(from, GapJson.ofOtherHistory(after, stream.latest()))), from, Optional.empty(), false);
    }

    /** Some of a stream's rows as they are at a position; how many events that are. */
    Rows rows(Reading reading, Position at, Optional<Narrower> narrower) {
        if (!(reading instanceof Reading.Deltas deltas)) {
            return new Rows(encode(reading, at, Optional.empty()), 0);
        }
        Narrower.Narrowed left = narrower.map(some -> some.apply(deltas.deltas()))
                .orElseGet(() -> new Narrower.Narrowed(deltas.deltas(), Optional.empty()));
        List<Encoded.Piece> pieces =
                new ArrayList<>(new Pieces(at, true).addAll(left.deltas()).pieces());
        left.refused().ifPresent(refused -> pieces.add(error(at, refused.reason(), at)));
        return new Rows(
                new Encoded(pieces, at, Optional.empty(), left.refused().isPresent()),
                left.deltas().size());
    }

    record Rows(Encoded encoded, int count) {}

    private Encoded.Events error(Position position, String reason, Position at) {
        return new Encoded.Events(new Bytes(SseEvents.error(position, reason, errorRetry)), at, false);
    }

    private static Encoded counted(Reading.Deltas reading, Encoded made) {
        reading.made(made.size());
        return made;
    }

    private Encoded whole(Reading.Deltas reading, Position at) {
        return new Encoded(
                new Pieces(at).addAll(reading.deltas()).done(reading.upTo()),
                reading.upTo(),
                reading.committedAt(),
                false);
    }

    private Encoded narrowed(Reading.Deltas reading, Position at, Narrower narrower) {
        return reading.derived(Narrowings.class, Narrowings.class, _ -> new Narrowings())
                .get(reading, narrower.text(), () -> narrow(reading, at, narrower));
    }

    private Encoded narrow(Reading.Deltas reading, Position at, Narrower narrower) {
        Narrower.Narrowed narrowed = narrower.apply(reading.deltas());
        Pieces pieces = new Pieces(at).addAll(narrowed.deltas());
        if (narrowed.refused().isEmpty()) {
            return new Encoded(pieces.done(reading.upTo()), reading.upTo(), reading.committedAt(), false);
        }
        Narrower.Refused refused = narrowed.refused().get();
        List<Encoded.Piece> all = new ArrayList<>(pieces.done(refused.position()));
        all.add(error(refused.position(), refused.reason(), refused.position()));
        return new Encoded(all, refused.position(), Optional.empty(), true);
    }

    /** What equal narrowings made of one reading; so many different ones may be asked for that not all are kept (Invariant 8). */
    private static final class Narrowings {

        private static final long MOST = 4 << 20;

        private final ConcurrentMap<Narrower.Text, Encoded> kept = new ConcurrentHashMap<>();
        private final AtomicLong bytes = new AtomicLong();

        private Encoded get(Reading.Deltas reading, Narrower.Text narrowing, Supplier<Encoded> make) {
            Encoded known = kept.get(narrowing);
            if (known != null) {
                return known;
            }
            Encoded made = make.get();
            if (bytes.addAndGet(256 + made.size()) <= MOST && kept.putIfAbsent(narrowing, made) == null) {
                reading.made(256 + made.size());
            }
            return made;
        }
    }

    /** Collects deltas into pieces of about a chunk, with the shapes and the gaps between them where shape and epoch change. */
    private final class Pieces {

        private final List<Encoded.Piece> pieces = new ArrayList<>();
        private final Map<TableId, Schema> shapes = new HashMap<>();
        private final ByteArrayOutputStream events = new ByteArrayOutputStream();
        private Position upTo;
        private final boolean rows;
        private boolean within;

        /** @param at where the subscribers stand before them */
        private Pieces(Position at) {
            this(at, false);
        }

        /** @param rows whether they are rows as they are at that place, rather than changes behind it */
        private Pieces(Position at, boolean rows) {
            this.upTo = at;
            this.rows = rows;
        }

        private Pieces addAll(List<Delta> deltas) {
            deltas.forEach(this::add);
            return this;
        }

        private void add(Delta delta) {
            enter(delta.position().epoch());
            Schema known = shapes.get(delta.source());
            Schema schema = delta.schema();
            if (!schema.equals(known)) {
                cut();
                shapes.put(delta.source(), schema);
                pieces.add(new Encoded.Shape(delta.source(), schema, new Bytes(SseEvents.schema(schema))));
            }
            byte[] head = rows ? SseEvents.rowHead() : SseEvents.head(delta.change());
            byte[] data = codec.value(delta);
            if (events.size() + head.length + data.length + END.length > CHUNK) {
                cut();
            }
            events.writeBytes(head);
            events.writeBytes(data);
            events.writeBytes(END);
            upTo = delta.position();
            within = !delta.last();
        }

        /** Invariant 6: whoever comes from a history that has ended is told so before anything of the next one. */
        private void enter(int epoch) {
            if (upTo.epoch() > 0 && upTo.epoch() < epoch) {
                cut();
                Position beginning = Position.beginning(epoch);
                pieces.add(gap(beginning, GapJson.ofEpoch(upTo, beginning)));
                upTo = beginning;
            }
        }

        private void cut() {
            if (events.size() > 0) {
                Bytes bytes = new Bytes(events.toByteArray());
                pieces.add(rows ? new Encoded.Rows(bytes) : new Encoded.Events(bytes, upTo, within));
                events.reset();
            }
        }

        private List<Encoded.Piece> pieces() {
            cut();
            return pieces;
        }

        /** @param end where the subscribers stand behind them */
        private List<Encoded.Piece> done(Position end) {
            cut();
            enter(end.epoch());
            return pieces;
        }
    }
}
