package io.deltastreams.stream;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a reader of a stream gets next. */
public sealed interface Reading {

    /**
     * Deltas in order, maybe none, and where the reader stands behind them. One instance is shared by all readers that stand at the same
     * place, and so is what they make of it.
     */
    final class Deltas implements Reading {

        private final List<Delta> deltas;
        private final Position upTo;
        private final boolean whole;
        private final Optional<Instant> committedAt;
        private final ConcurrentMap<Object, Object> derived = new ConcurrentHashMap<>();
        /** What is counted: what was made of the deltas and, once that was asked for, they. */
        private long held;

        private @Nullable AtomicLong total;

        /** @param committedAt when what stands before {@code upTo}, of this stream or of others, was committed, as far as that was passed */
        public Deltas(List<Delta> deltas, Position upTo, Optional<Instant> committedAt) {
            this(deltas, upTo, true, committedAt);
        }

        Deltas(List<Delta> deltas, Position upTo, boolean whole, Optional<Instant> committedAt) {
            this.deltas = List.copyOf(deltas);
            this.upTo = upTo;
            this.whole = whole;
            this.committedAt = committedAt;
        }

        /** About how many bytes the deltas keep in memory, with those of others that lie beside theirs. */
        long weight() {
            long held = 256;
            Row neighbour = null;
            for (Delta delta : deltas) {
                held += 128;
                Row row = switch (delta.change()) {
                    case Change.Insert insert -> insert.after();
                    case Change.Update update -> update.after();
                    case Change.Delete delete -> delete.before();
                    case Change.Truncate _ -> null;
                };
                if (row != null) {
                    held += row.held(neighbour);
                    neighbour = row;
                }
            }
            return held;
        }

        public List<Delta> deltas() {
            return deltas;
        }

        public Position upTo() {
            return upTo;
        }

        /** Whether the last transaction before {@link #upTo} ends there. */
        public boolean whole() {
            return whole;
        }

        public Optional<Instant> committedAt() {
            return committedAt;
        }

        /**
         * Something made of these deltas (their bytes in a format), made once however many readers ask.
         *
         * <p>Whoever makes it tells its size to {@link #made}.
         *
         * @param key equal for those that want the same
         * @param type of what {@code make} gives
         */
        public <T> T derived(Object key, Class<T> type, Function<Deltas, T> make) {
            return type.cast(derived.computeIfAbsent(key, _ -> make.apply(this)));
        }

        /** So many bytes more are kept as long as this is. */
        public synchronized void made(long bytes) {
            held += bytes;
            if (total != null) {
                total.addAndGet(bytes);
            }
        }

        /** Counts what is kept here, from now on, into a sum. */
        synchronized void countIn(AtomicLong sum, long weight) {
            held += weight;
            sum.addAndGet(held);
            total = sum;
        }

        synchronized void countOut() {
            if (total != null) {
                total.addAndGet(-held);
                total = null;
            }
        }
    }

    /** History is gone: nothing that stood behind {@code after} up to and with {@code removedUpTo} can be had (Invariant 6). */
    record Gap(Position after, Position removedUpTo) implements Reading {}

    /** The stream's policy is to stop at a change that it cannot handle, and it met one; the stream ends here. */
    record Stopped(Position position, String reason) implements Reading {}
}
