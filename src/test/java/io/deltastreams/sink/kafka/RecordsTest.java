package io.deltastreams.sink.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordsTest {

    private static final Schema KEYLESS = new Schema(
            new TableId("public", "history"), 1, List.of(new Column("n", Type.Simple.INT32, true)), List.of());

    /** Writes nothing. */
    private static final Codec CODEC = new Codec() {
        @Override
        public byte @Nullable [] key(Delta delta) {
            return null;
        }

        @Override
        public byte[] value(Delta delta) {
            return new byte[0];
        }
    };

    private static Delta insert(long commit, int index) {
        return new Delta(
                new Change.Insert(new Position(1, commit, index), KEYLESS, Row.of(index)),
                new TableId("public", "history"),
                "790",
                Instant.EPOCH,
                false,
                false);
    }

    @Test
    void a_delta_without_key_goes_to_the_same_partition_whenever_it_is_delivered() {
        Set<Integer> partitions = new HashSet<>();
        for (int commit = 1; commit < 50; commit++) {
            Integer first = partition(insert(commit, 7));
            Integer again = partition(insert(commit, 7));
            assertThat(again).isEqualTo(first);
            partitions.add(first);
        }

        assertThat(partitions).containsExactlyInAnyOrder(0, 1, 2);
    }

    private static @Nullable Integer partition(Delta delta) {
        TopicTemplate name = new TopicTemplate("t", new StreamId("t"));
        TopicPlan plan = new TopicPlan(true, Optional.empty(), Optional.empty(), Map.of());
        Topics topics = new Topics(name, plan, _ -> CODEC, new Broker(Map.of()));
        return new Records(topics, true, new Partitioning.ByKey())
                .of(delta, _ -> 3, 0)
                .getFirst()
                .partition();
    }
}
