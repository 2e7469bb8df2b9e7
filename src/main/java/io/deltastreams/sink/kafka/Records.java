package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.codec.Codec;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** The records that deltas become. One thread at a time makes them. */
final class Records {

    private static final Header INSERT = header("ds-op", "insert");
    private static final Header UPDATE = header("ds-op", "update");
    private static final Header DELETE = header("ds-op", "delete");
    private static final Header TRUNCATE = header("ds-op", "truncate");

    private static final Integer SOLE = 0;

    /** So many neighbours of one transaction stay together. */
    private static final int BLOCK_BITS = 10;

    private final String topic;
    private final Codec codec;
    private final boolean tombstones;
    private final Partitioning partitioning;
    private Header schema = header("ds-schema", "0");
    private int version;
    private Header transaction = header("ds-tx", "");
    private String id = "";
    private Header time = header("ds-ts", Instant.EPOCH.toString());
    private Instant committedAt = Instant.EPOCH;

    /** Which partition a record goes to. */
    enum Partitioning {
        /** By the hash of its key, as Kafka's own producers choose it: rows of other topics with the same key lie in the partition of the same number. */
        KEY,
        /** The first, where all are in the order of the log. */
        SINGLE
    }

    /** @param tombstones whether a delete is followed by one */
    Records(String topic, Codec codec, boolean tombstones, Partitioning partitioning) {
        this.topic = topic;
        this.codec = codec;
        this.tombstones = tombstones;
        this.partitioning = partitioning;
    }

    /**
     * @param partitions how many the topic has
     * @param part which part of its transaction it is in; 0 unless that was cut and this is not the first
     * @throws Flight.Unencodable if the codec cannot write it
     */
    List<ProducerRecord<byte[], byte[]>> of(Delta delta, int partitions, int part) {
        byte @Nullable [] key;
        byte[] value;
        try {
            key = codec.key(delta);
            value = codec.value(delta);
        } catch (RuntimeException e) {
            throw new Flight.Unencodable(e);
        }
        // Invariant 4: no partition is named where there is a key, so Kafka's hash of it keeps a row's deltas in one,
        // in order; a truncate, which
        // concerns every key, stands in every partition.
        boolean single = partitioning == Partitioning.SINGLE;
        Integer sole = single ? SOLE : null;
        return switch (delta.change()) {
            case Change.Insert _
            when key == null && !single ->
                List.of(record(delta, INSERT, partition(delta.position(), partitions), null, value, part));
            case Change.Insert _ -> List.of(record(delta, INSERT, sole, key, value, part));
            case Change.Update _ -> List.of(record(delta, UPDATE, sole, key, value, part));
            case Change.Delete _
            when key != null && tombstones ->
                List.of(record(delta, DELETE, sole, key, value, part), record(delta, DELETE, sole, key, null, part));
            case Change.Delete _ -> List.of(record(delta, DELETE, sole, key, value, part));
            case Change.Truncate _ ->
                IntStream.range(0, single ? 1 : partitions)
                        .mapToObj(partition -> record(delta, TRUNCATE, partition, null, value, part))
                        .toList();
        };
    }

    /** Where a delta without key goes: delivered twice, it lies twice in the same partition, where its position tells it. */
    private static int partition(Position position, int partitions) {
        int block = Long.hashCode(position.commit()) + (position.index() >>> BLOCK_BITS);
        return Math.floorMod(block, partitions);
    }

    private ProducerRecord<byte[], byte[]> record(
            Delta delta,
            Header operation,
            @Nullable Integer partition,
            byte @Nullable [] key,
            byte @Nullable [] value,
            int part) {
        // Kafka knows no time before 1970; the delta itself carries it.
        long millis = delta.committedAt().toEpochMilli();
        Header position = new RecordHeader("ds-position", delta.position().toAscii());
        Header shape = schema(delta.schema().version());
        Header within = transaction(delta.transaction());
        Header time = time(delta.committedAt());
        List<Header> headers = part == 0
                ? List.of(position, operation, shape, within, time)
                : List.of(position, operation, shape, within, time, header("ds-part", Integer.toString(part)));
        return new ProducerRecord<>(topic, partition, millis < 0 ? null : millis, key, value, headers);
    }

    /** One schema's deltas mostly follow each other, and so do one transaction's: their headers are the same object. */
    private Header schema(int wanted) {
        if (version != wanted) {
            version = wanted;
            schema = header("ds-schema", Integer.toString(wanted));
        }
        return schema;
    }

    private Header transaction(String wanted) {
        if (!id.equals(wanted)) {
            id = wanted;
            transaction = new RecordHeader("ds-tx", wanted.getBytes(UTF_8));
        }
        return transaction;
    }

    private Header time(Instant wanted) {
        if (!committedAt.equals(wanted)) {
            committedAt = wanted;
            time = header("ds-ts", wanted.toString());
        }
        return time;
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(US_ASCII));
    }
}
