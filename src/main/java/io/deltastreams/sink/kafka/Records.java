package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.SchemasAway;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** The records that deltas become. One thread at a time makes them. */
final class Records {

    private static final byte[] TRUE = "true".getBytes(US_ASCII);

    private final Topics topics;
    private final boolean tombstones;
    private final Partitioning partitioning;
    private final DeltaHeaders headers = new DeltaHeaders();

    /** @param tombstones whether a delete is followed by one */
    Records(Topics topics, boolean tombstones, Partitioning partitioning) {
        this.topics = topics;
        this.tombstones = tombstones;
        this.partitioning = partitioning;
    }

    /**
     * @param partitions how many a topic has
     * @param part which part of its transaction it is in; 0 unless that was cut and this is not the first
     * @throws Flight.Unencodable if the codec cannot write it, or it has no partition
     * @throws KafkaException if that cannot be told now
     */
    List<ProducerRecord<byte[], byte[]>> of(Delta delta, ToIntFunction<String> partitions, int part) {
        Topics.Route route = topics.of(delta);
        int count = partitions.applyAsInt(route.topic());
        Codec codec = route.codec();
        byte @Nullable [] key = made(() -> codec.key(delta));
        byte[] value = made(() -> codec.value(delta));
        Map<String, byte[]> more = made(() -> codec.headers(delta));
        List<Header> with = headers.of(delta, part, more);
        if (delta.change() instanceof Change.Truncate) {
            return IntStream.range(0, partitioning instanceof Partitioning.Single ? 1 : count)
                    .mapToObj(partition -> record(route.topic(), partition, delta, key, value, with))
                    .toList();
        }
        Integer partition = made(() -> partitioning.of(delta, key != null, count));
        ProducerRecord<byte[], byte[]> record = record(route.topic(), partition, delta, key, value, with);
        if (key == null || !tombstones || !(delta.change() instanceof Change.Delete)) {
            return List.of(record);
        }
        // A tombstone has nothing that the format's headers could speak of.
        List<Header> own = more.isEmpty() ? with : headers.of(delta, part, Map.of());
        return List.of(record, record(route.topic(), partition, delta, key, null, own));
    }

    /** The same for a delta that comes once more, out of its order: header {@code ds-replayed}. */
    List<ProducerRecord<byte[], byte[]>> again(Delta delta, ToIntFunction<String> partitions) {
        List<ProducerRecord<byte[], byte[]>> records = of(delta, partitions, 0);
        records.forEach(record -> record.headers().add("ds-replayed", TRUE));
        return records;
    }

    private static <T extends @Nullable Object> T made(Supplier<T> part) {
        try {
            return part.get();
        } catch (SchemasAway e) {
            throw new Flight.Held(e);
        } catch (RuntimeException e) {
            throw new Flight.Unencodable(e);
        }
    }

    private static ProducerRecord<byte[], byte[]> record(
            String topic,
            @Nullable Integer partition,
            Delta delta,
            byte @Nullable [] key,
            byte @Nullable [] value,
            List<Header> headers) {
        // Kafka knows no time before 1970; the delta itself carries it.
        long millis = delta.committedAt().toEpochMilli();
        return new ProducerRecord<>(topic, partition, millis < 0 ? null : millis, key, value, headers);
    }
}
