package io.deltastreams.stream;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.Slice;
import io.deltastreams.transform.OnError;
import io.deltastreams.transform.StageResult;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where the source's transactions begin and end, and how many deltas each has in which stream, for readers who want to see a transaction as a whole
 * although its streams come by different ways. In the manner of <a
 * href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-transaction-metadata">Debezium's transaction
 * metadata</a>: a row per transaction that has any, inserted with {@code status} BEGIN at its first delta's position and updated to END, with {@code
 * event_count} and {@code streams}, at its last one's. Snapshots are no transactions. For one reader.
 */
public final class Boundaries implements Outgoing {

    /** The name of the stream that these are. */
    public static final StreamId ID = new StreamId("transactions");

    private static final long READING_BYTES = 1 << 20;
    private static final TableId SOURCE = new TableId("delta_streams", ID.text());
    private static final Schema SCHEMA = new Schema(
            ID,
            1,
            List.of(
                    new Column("id", Type.Simple.TEXT, false),
                    new Column("status", Type.Simple.TEXT, false),
                    new Column("event_count", Type.Simple.INT64, true),
                    new Column("streams", Type.Simple.HSTORE, true)),
            List.of(0));

    private final List<DeltaStream> streams;
    private final ChangeLog log;
    private final Executor blocking;

    // Of one reading after the other: up to where the last one told, and the transaction that it ended in.
    private Position told = Position.START;
    private @Nullable Open open;

    public Boundaries(List<DeltaStream> streams, ChangeLog log, Executor blocking) {
        this.streams = List.copyOf(streams);
        this.log = log;
        this.blocking = blocking;
    }

    /** What is known of a transaction whose end has not been met. */
    private static final class Open {

        private final Transaction first;
        private final SortedMap<String, Long> counts = new TreeMap<>();

        private Open(Transaction first) {
            this.first = first;
        }

        private boolean isOf(Transaction other) {
            return first.first().epoch() == other.first().epoch()
                    && first.first().commit() == other.first().commit();
        }

        private Delta begin(Position at) {
            return delta(new Change.Insert(at, SCHEMA, Row.of(first.id(), "BEGIN", null, null)), false);
        }

        private Delta end(Position at) {
            SortedMap<String, String> streams = new TreeMap<>();
            counts.forEach((stream, count) -> streams.put(stream, Long.toString(count)));
            long sum = counts.values().stream().mapToLong(Long::longValue).sum();
            return delta(new Change.Update(at, SCHEMA, null, Row.of(first.id(), "END", sum, streams)), true);
        }

        private Delta delta(Change change, boolean isLast) {
            return new Delta(change, SOURCE, first.id(), first.committedAt(), false, isLast);
        }
    }

    @Override
    public StreamId id() {
        return ID;
    }

    @Override
    public OnError onError() {
        return OnError.STOP;
    }

    @Override
    public Position latest() {
        return log.last().orElse(Position.START);
    }

    @Override
    public Uni<Reading> nextFew(Position after, Pacing turns) {
        return Uni.createFrom()
                .completionStage(() -> log.beyond(after))
                .chain(turns::turn)
                .emitOn(blocking)
                .map(_ -> read(after));
    }

    private Reading read(Position after) {
        Position from = after;
        if (!told.equals(after)) {
            // A reader from elsewhere may stand amid a transaction, whose deltas before that count, too.
            open = null;
            from = after.equals(Position.START) ? after : new Position(after.epoch(), after.commit(), 0).previous();
        }
        Reading reading = after(from);
        while (reading instanceof Reading.Deltas deltas
                && after.isAfter(deltas.upTo())
                && deltas.upTo().isAfter(from)) {
            from = deltas.upTo();
            reading = after(from);
        }
        if (!(reading instanceof Reading.Deltas deltas)) {
            told = Position.START;
            return reading;
        }
        told = deltas.upTo().isAfter(after) ? deltas.upTo() : after;
        List<Delta> wanted = deltas.deltas().stream()
                .filter(delta -> delta.position().isAfter(after))
                .toList();
        return new Reading.Deltas(wanted, told, deltas.whole(), deltas.committedAt());
    }

    /** All tables' changes are read, since a transaction may end with one that is of no stream. */
    private Reading after(Position from) {
        try {
            return switch (log.read(from, _ -> true, READING_BYTES)) {
                case Slice.Gap gap -> new Reading.Gap(gap.after(), gap.removedUpTo());
                case Slice.Changes changes -> counted(from, changes);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Reading counted(Position from, Slice.Changes changes) {
        List<Delta> deltas = new ArrayList<>();
        for (Transaction transaction : changes.transactions()) {
            if (transaction.kind() == Transaction.Kind.SNAPSHOT) {
                continue;
            }
            Open known = open;
            Open now = known != null && known.isOf(transaction) ? known : new Open(transaction);
            open = transaction.complete() ? null : now;
            for (Change change : transaction.changes()) {
                boolean begun = !now.counts.isEmpty();
                Optional<Reading.Stopped> stopped = count(change, now);
                if (stopped.isPresent()) {
                    return stopped.get();
                }
                if (!begun && !now.counts.isEmpty()) {
                    deltas.add(now.begin(change.position()));
                }
            }
            if (transaction.complete() && !now.counts.isEmpty()) {
                deltas.add(now.end(transaction.last()));
            }
        }
        return new Reading.Deltas(
                deltas, changes.upTo().isAfter(from) ? changes.upTo() : from, changes.whole(), changes.committedAt());
    }

    /** Counts what the streams make of a change, unless one of them stops there. */
    private Optional<Reading.Stopped> count(Change change, Open transaction) {
        for (DeltaStream stream : streams) {
            switch (stream.outcome(change)) {
                case StageResult.Emitted _ ->
                    transaction.counts.merge(stream.id().text(), 1L, Long::sum);
                case StageResult.Halted(String reason) -> {
                    return Optional.of(stopped(stream, change, reason));
                }
                case StageResult.Refused(String reason) -> {
                    if (stream.onError() == OnError.STOP) {
                        return Optional.of(stopped(stream, change, reason));
                    }
                }
                case StageResult.Nothing _ -> {}
            }
        }
        return Optional.empty();
    }

    private static Reading.Stopped stopped(DeltaStream stream, Change change, String reason) {
        return new Reading.Stopped(
                change.position(), "stream %s does not go on here: %s".formatted(stream.id(), reason));
    }
}
