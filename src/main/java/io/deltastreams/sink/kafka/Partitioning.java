package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import io.deltastreams.transform.Expression;
import io.deltastreams.transform.InvalidStream;
import java.math.BigDecimal;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Which partition a row's records go to. A truncate, which concerns every row, stands in each that may have rows. */
sealed interface Partitioning {

    /**
     * The partition; null where Kafka's client chooses it by the hash of the record's key.
     *
     * @param keyed whether the record has a key
     * @throws IllegalArgumentException if there is none for this delta
     */
    @Nullable Integer of(Delta delta, boolean keyed, int partitions);

    private static Partitioning named(Plain plain) {
        return plain == Plain.SINGLE ? new Single() : new ByKey();
    }

    /** Those without parameters. */
    enum Plain {
        KEY,
        SINGLE
    }

    /** Reads {@code partition: key}, {@code single} or {@code { by: expression }}. */
    static Partitioning read(StreamId stream, Settings declared) {
        if (!declared.isSection("partition")) {
            return named(declared.choice("partition", Plain.KEY));
        }
        return Expression.read(stream, declared.section("partition"), "by")
                .<Partitioning>map(ByExpression::new)
                .orElseGet(ByKey::new);
    }

    /**
     * By the hash of its key, as Kafka's own producers choose it: rows of other topics with the same key lie in the partition of the same
     * number.
     */
    record ByKey() implements Partitioning {

        /** So many neighbours of one transaction stay together. */
        private static final int BLOCK_BITS = 10;

        /** Invariant 4: no partition is named where there is a key, so Kafka's hash of it keeps a row's deltas in one, in order. */
        @Override
        public @Nullable Integer of(Delta delta, boolean keyed, int partitions) {
            return keyed ? null : (Integer) neighbourhood(delta.position(), partitions);
        }

        /** Where a delta without key goes: delivered twice, it lies twice in the same partition, where its position tells it. */
        private static int neighbourhood(Position position, int partitions) {
            int block = Long.hashCode(position.commit()) + (position.index() >>> BLOCK_BITS);
            return Math.floorMod(block, partitions);
        }
    }

    /** The first, where all are in the order of the log. */
    record Single() implements Partitioning {

        private static final Integer FIRST = 0;

        @Override
        public Integer of(Delta delta, boolean keyed, int partitions) {
            return FIRST;
        }
    }

    /**
     * By the hash of an expression's value as text, as Kafka's own producers choose it for such a key. One thread at a time. Null is hashed
     * as an empty text.
     */
    final class ByExpression implements Partitioning {

        private final Expression expression;
        private @Nullable Schema schema;
        private Expression.@Nullable Bound bound;

        ByExpression(Expression expression) {
            this.expression = expression;
        }

        @Override
        public Integer of(Delta delta, boolean keyed, int partitions) {
            Object value = bound(delta.schema()).of(delta.change());
            return Utils.toPositive(Utils.murmur2(text(value).getBytes(UTF_8))) % partitions;
        }

        @SuppressWarnings("ReferenceEquality") // whether it is the same object is told at once
        private Expression.Bound bound(Schema wanted) {
            Expression.Bound known = bound;
            if (known == null || schema != wanted) {
                try {
                    known = expression.bind(wanted);
                } catch (InvalidStream e) {
                    throw new IllegalArgumentException(e.getMessage(), e);
                }
                bound = known;
                schema = wanted;
            }
            return known;
        }

        private static String text(@Nullable Object value) {
            return switch (value) {
                case null -> "";
                case BigDecimal number -> number.stripTrailingZeros().toPlainString();
                default -> value.toString();
            };
        }
    }
}
