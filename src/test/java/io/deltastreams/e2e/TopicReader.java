package io.deltastreams.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its beginning to its present end and folds it, partition by partition: order holds within one, and a truncate stands in each.
 */
final class TopicReader {

    private TopicReader() {}

    static List<JsonNode> rows(String brokers, String topic) {
        Map<Integer, Fold> folds = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> message : records(brokers, topic)) {
            if (message.value() != null) {
                folds.computeIfAbsent(message.partition(), _ -> new Fold()).apply(parsed(message.value()));
            }
        }
        return folds.values().stream().flatMap(fold -> fold.rows().stream()).toList();
    }

    /** All that is committed, in order within each partition. */
    static List<ConsumerRecord<byte[], byte[]>> records(String brokers, String topic) {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                brokers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                // Who asks before the service has made the topic does not make another one.
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    private static JsonNode parsed(byte[] value) {
        try {
            return Fold.JSON.readTree(value);
        } catch (IOException e) {
            throw new AssertionError("no JSON in the topic", e);
        }
    }
}
