package io.deltastreams.sink.kafka;

import io.deltastreams.settings.Settings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.internals.Topic;

/**
 * A topic, or several alike, as declared: what is not declared is the broker's to say.
 *
 * @param create whether one that is missing is made
 * @param settings of a topic, in Kafka's names
 */
record TopicPlan(
        boolean create, Optional<Integer> partitions, Optional<Integer> replication, Map<String, String> settings) {

    private static final String UNLIMITED = "unlimited";

    TopicPlan {
        settings = Map.copyOf(settings);
    }

    /** How a topic forgets. */
    private enum Cleanup {
        BROKERS,
        DELETE,
        COMPACT,
        COMPACT_DELETE
    }

    static TopicPlan of(Settings declared) {
        Map<String, String> settings = new HashMap<>();
        switch (declared.choice("cleanup", Cleanup.BROKERS)) {
            case BROKERS -> {}
            case DELETE -> settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
            case COMPACT -> settings.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
            case COMPACT_DELETE ->
                settings.put(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE);
        }
        retention(declared).ifPresent(millis -> settings.put(TopicConfig.RETENTION_MS_CONFIG, millis));
        return new TopicPlan(
                declared.flag("create", true),
                number(declared, "partitions", 100_000),
                number(declared, "replication", 100),
                settings);
    }

    private static Optional<Integer> number(Settings declared, String key, int most) {
        return declared.has(key) ? Optional.of(declared.number(key, 1, 1, most)) : Optional.empty();
    }

    private static Optional<String> retention(Settings declared) {
        Optional<String> text = declared.optionalText("retention");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.get().equals(UNLIMITED)) {
            return Optional.of("-1");
        }
        Optional<Duration> duration = Settings.duration(text.get());
        if (duration.isEmpty()) {
            declared.problem("retention", "'%s' is no retention: write 12h, 7d or unlimited".formatted(text.get()));
        }
        return duration.map(some -> Long.toString(some.toMillis()));
    }

    /** A topic's name. */
    static String topic(Settings declared, String key, String otherwise) {
        String topic = declared.text(key, otherwise);
        checkName(declared, key, topic);
        return topic;
    }

    /** Tells a problem if there can be no topic of this name. */
    static void checkName(Settings declared, String key, String topic) {
        if (!Topic.isValid(topic)) {
            declared.problem(key, "'%s' is no topic: letters, digits, '.', '_' and '-', 249 at most".formatted(topic));
        }
    }

    /** Whether a topic that is there has to be held to anything. */
    boolean asksForAnything() {
        return partitions.isPresent() || replication.isPresent() || !settings.isEmpty();
    }

    /**
     * The topic to make under a name.
     *
     * @throws KafkaException if it is not to be made
     */
    NewTopic made(String topic) {
        if (!create) {
            throw new KafkaException(
                    "topic '%s' is missing and is not to be made: create it, or leave out 'create: false'"
                            .formatted(topic));
        }
        return new NewTopic(topic, partitions, replication.map(Integer::shortValue)).configs(settings);
    }

    /** What a topic has otherwise than planned, in words. */
    Stream<String> differences(TopicDescription topic) {
        int parts = topic.partitions().size();
        int copies = topic.partitions().stream()
                .mapToInt(partition -> partition.replicas().size())
                .min()
                .orElse(0);
        return Stream.concat(difference("partitions", partitions, parts), difference("replicas", replication, copies));
    }

    private static Stream<String> difference(String what, Optional<Integer> declared, int actual) {
        return declared
                .filter(number -> number != actual)
                .map(number -> "it has %d %s, declared are %d".formatted(actual, what, number))
                .stream();
    }

    /** What a topic's settings say otherwise than planned. */
    Stream<String> differences(Config config) {
        return settings.entrySet().stream().flatMap(declared -> {
            ConfigEntry entry = config.get(declared.getKey());
            String actual = entry == null ? "" : Objects.requireNonNullElse(entry.value(), "");
            return words(actual).equals(words(declared.getValue()))
                    ? Stream.empty()
                    : Stream.of(
                            "its %s is %s, declared is %s".formatted(declared.getKey(), actual, declared.getValue()));
        });
    }

    private static Set<String> words(String list) {
        return new TreeSet<>(List.of(list.toLowerCase(Locale.ROOT).split("\\s*,\\s*")));
    }
}
