package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Position;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A sink's cursor as it stands in the cursors' topic.
 *
 * @param holder the instance that wrote it, "" where that was not told
 * @param parts how many parts of the transaction in which it lies have been committed; 0 where it lies behind a whole one
 */
record Mark(Position position, String holder, int parts) {

    private static final String HOLDER = "ds-instance";
    private static final String PARTS = "ds-part";

    ProducerRecord<byte[], byte[]> record(String topic, String key) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic, 0, key.getBytes(UTF_8), position.toString().getBytes(UTF_8));
        if (!holder.isEmpty()) {
            record.headers().add(HOLDER, holder.getBytes(UTF_8));
        }
        if (parts > 0) {
            record.headers().add(PARTS, Integer.toString(parts).getBytes(UTF_8));
        }
        return record;
    }

    /** @throws KafkaException if that is no cursor */
    static Mark of(ConsumerRecord<byte[], byte[]> record) {
        try {
            String parts = text(record.headers(), PARTS);
            return new Mark(
                    Position.parse(new String(record.value(), UTF_8)),
                    text(record.headers(), HOLDER),
                    parts.isEmpty() ? 0 : Integer.parseInt(parts));
        } catch (IllegalArgumentException e) {
            throw new KafkaException(
                    "topic '%s' holds no cursor under the key '%s': write a tombstone there to start from the beginning"
                            .formatted(record.topic(), new String(record.key(), UTF_8)),
                    e);
        }
    }

    private static String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }
}
