package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Position;
import io.deltastreams.change.RelayPart;
import io.deltastreams.change.RelayParts;
import io.deltastreams.change.Relayed;
import io.deltastreams.sink.TargetAway;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What is asked of the broker before anything is written; plain blocking code for virtual threads. */
final class Broker {

    private static final String TIMEOUT_MILLIS = "10000";
    private static final String REQUEST_MILLIS = "5000";
    private static final Duration READ = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Map<String, Object> connection;

    /** @param connection servers and security, in the client's own names */
    Broker(Map<String, Object> connection) {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.putIfAbsent("bootstrap.servers", "localhost:9092");
        settings.putIfAbsent("default.api.timeout.ms", TIMEOUT_MILLIS);
        settings.putIfAbsent("request.timeout.ms", REQUEST_MILLIS);
        settings.putIfAbsent("reconnect.backoff.max.ms", "5000");
        this.connection = Map.copyOf(settings);
    }

    /** That nothing can be had of it, in words: where it is looked for, and what it or the client says. */
    TargetAway away(KafkaException failure) {
        String hint = failure instanceof TimeoutException
                ? " (is it there, and does it speak %s there, as kafka.security.protocol says?)"
                        .formatted(connection.getOrDefault("security.protocol", "PLAINTEXT"))
                : "";
        return new TargetAway(
                "the broker at %s: %s%s".formatted(connection.get("bootstrap.servers"), said(failure), hint));
    }

    /**
     * Makes the cursors' topic, compacted, if it is absent.
     *
     * @throws KafkaException if the broker is away or refuses
     */
    void ensureCursors(String topic) {
        // Small segments and an eager cleaner: a start reads this topic from its beginning.
        NewTopic cursors = new NewTopic(topic, Optional.of(1), Optional.empty())
                .configs(Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
                        TopicConfig.SEGMENT_BYTES_CONFIG, "4194304",
                        TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0.1"));
        try (Admin admin = admin()) {
            if (!await(admin.listTopics().names()).contains(topic)) {
                create(admin, cursors);
            }
        }
    }

    /**
     * Makes a topic as planned if it is absent, and holds one that is there to the plan.
     *
     * @throws KafkaException if the broker is away or refuses, or the topic is another than planned
     */
    void ensureTopic(TopicPlan plan, String topic) {
        try (Admin admin = admin()) {
            if (!await(admin.listTopics().names()).contains(topic)) {
                create(admin, plan.made(topic));
            } else if (plan.asksForAnything()) {
                check(admin, plan, topic);
            }
        }
    }

    private static void check(Admin admin, TopicPlan plan, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<String, TopicDescription> descriptions =
                await(admin.describeTopics(List.of(topic)).allTopicNames());
        Map<ConfigResource, Config> configs =
                await(admin.describeConfigs(List.of(resource)).all());
        List<String> otherwise = Stream.concat(
                        descriptions.values().stream().flatMap(plan::differences),
                        configs.values().stream().flatMap(plan::differences))
                .sorted()
                .toList();
        if (!otherwise.isEmpty()) {
            throw new KafkaException("topic '%s' is not as declared: %s; change the topic or the declaration"
                    .formatted(topic, String.join(", ", otherwise)));
        }
    }

    /**
     * Makes the relay's topic if it is absent, with one partition and without an end to its retention, and looks whether it can hold a history.
     *
     * @throws KafkaException if the broker is away or refuses, or the topic will not do
     */
    void ensureRelay(String topic) {
        try (Admin admin = admin()) {
            if (!await(admin.listTopics().names()).contains(topic)) {
                create(
                        admin,
                        new NewTopic(topic, Optional.of(1), Optional.empty())
                                .configs(Map.of(
                                        TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE,
                                        TopicConfig.RETENTION_MS_CONFIG, "-1",
                                        TopicConfig.RETENTION_BYTES_CONFIG, "-1")));
            }
            int partitions = await(admin.describeTopics(List.of(topic)).allTopicNames()).values().stream()
                    .mapToInt(description -> description.partitions().size())
                    .sum();
            if (partitions != 1) {
                throw new KafkaException(
                        "topic '%s' has %d partitions, and a history keeps its order in one: name another topic"
                                .formatted(topic, partitions));
            }
        }
    }

    /** The last position of the history in a relay's topic; empty while there is none. */
    Optional<Position> lastRelayed(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(partition));
            long begin = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            // Mostly the last message is enough; a large piece has many, and what was not brought to its end is passed
            // over.
            for (long window = 8; ; window *= 8) {
                long from = Math.max(begin, end - window);
                Optional<Position> last = lastRelayed(consumer, partition, from, end);
                if (last.isPresent() || from == begin) {
                    return last;
                }
            }
        }
    }

    private static Optional<Position> lastRelayed(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long from, long end) {
        RelayParts parts = new RelayParts();
        Optional<Position> last = Optional.empty();
        long deadline = System.nanoTime() + READ.toNanos();
        consumer.seek(partition, from);
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> message : consumer.poll(POLL)) {
                Optional<Relayed> relayed = relayed(parts, message);
                if (relayed.isPresent() && relayed.get() instanceof Relayed.History history) {
                    last = Optional.of(
                            last.filter(known -> known.isAfter(history.last())).orElse(history.last()));
                }
            }
            if (System.nanoTime() > deadline) {
                throw tooSlow(partition.topic());
            }
        }
        return last;
    }

    private static Optional<Relayed> relayed(RelayParts parts, ConsumerRecord<byte[], byte[]> message) {
        try {
            return parts.add(message.offset(), RelayPart.decode(message.value()));
        } catch (RuntimeException e) {
            throw new KafkaException(
                    "topic '%s' holds something else than a relay's history at offset %d: name another topic"
                            .formatted(message.topic(), message.offset()),
                    e);
        }
    }

    private static KafkaException tooSlow(String topic) {
        return new KafkaException(
                "could not read '%s' to its end within %d s; a writer that died may have left a transaction open there"
                        .formatted(topic, READ.toSeconds()));
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        return Link.open(() -> new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    private Admin admin() {
        return Link.open(() -> Admin.create(connection));
    }

    private static void create(Admin admin, NewTopic topic) {
        try {
            await(admin.createTopics(List.of(topic)).all());
        } catch (TopicExistsException _) {
            // Another sink was faster.
        } catch (AuthorizationException e) {
            throw new KafkaException(
                    "topic '%s' is missing and this user may not create it: create it, or grant CREATE on it"
                            .formatted(topic.name()),
                    e);
        }
    }

    /** With its causes: the client's own message often tells only which of its parts could not be made, or that a handshake failed. */
    static String said(KafkaException failure) {
        List<String> said = new ArrayList<>();
        for (Throwable each = failure; each != null; each = each.getCause()) {
            String message = each.getMessage();
            if (message != null && said.stream().noneMatch(known -> known.contains(message))) {
                said.add(message);
            }
        }
        return String.join(": ", said);
    }

    /** @throws KafkaException why it failed, or that this thread was interrupted */
    static <T> T await(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        }
    }

    /**
     * What was written last under a key, and committed; whatever was open there when this was asked has ended then.
     *
     * @throws KafkaException if the broker is away or refuses, or what is there is no cursor
     */
    Optional<Mark> cursor(String cursorTopic, String key) {
        TopicPartition partition = new TopicPartition(cursorTopic, 0);
        try (Admin admin = admin();
                KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            // Others' open transactions do not hide what stands behind them: this is their end, too.
            long end = await(admin.listOffsets(
                                    Map.of(partition, OffsetSpec.latest()),
                                    new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                            .partitionResult(partition))
                    .offset();
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return last(consumer, partition, end, key).map(Mark::of);
        }
    }

    private static Optional<ConsumerRecord<byte[], byte[]>> last(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long end, String key) {
        long deadline = System.nanoTime() + READ.toNanos();
        Optional<ConsumerRecord<byte[], byte[]>> last = Optional.empty();
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                if (record.key() != null && key.equals(new String(record.key(), UTF_8))) {
                    last = Optional.of(record).filter(mark -> mark.value() != null);
                }
            }
            if (System.nanoTime() > deadline) {
                throw tooSlow(partition.topic());
            }
        }
        return last;
    }
}
