package io.deltastreams.stream;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

/** What a reader of a stream gets next. */
public sealed interface Reading {

    /**
     * Deltas in order, maybe none, and where the reader stands behind them. One instance is shared by all readers that stand at the same
     * place, and so is what they make of it.
     */
    final class Deltas implements Reading {

        private final List<Delta> deltas;
        private final Position upTo;
        private final Optional<Instant> committedAt;
        private final ConcurrentMap<Object, Object> derived = new ConcurrentHashMap<>();

        /** @param committedAt when what stands before {@code upTo}, of this stream or of others, was committed, as far as that was passed */
        public Deltas(List<Delta> deltas, Position upTo, Optional<Instant> committedAt) {
            this.deltas = List.copyOf(deltas);
            this.upTo = upTo;
            this.committedAt = committedAt;
        }

        public List<Delta> deltas() {
            return deltas;
        }

        public Position upTo() {
            return upTo;
        }

        public Optional<Instant> committedAt() {
            return committedAt;
        }

        /**
         * Something made of these deltas (their bytes in a format), made once however many readers ask.
         *
         * @param key equal for those that want the same
         * @param type of what {@code make} gives
         */
        public <T> T derived(Object key, Class<T> type, Function<Deltas, T> make) {
            return type.cast(derived.computeIfAbsent(key, _ -> make.apply(this)));
        }
    }

    /** History is gone: nothing that stood behind {@code after} up to and with {@code removedUpTo} can be had (Invariant 6). */
    record Gap(Position after, Position removedUpTo) implements Reading {}

    /** The stream's policy is to stop at a change that it cannot handle, and it met one; the stream ends here. */
    record Stopped(Position position, String reason) implements Reading {}
}
