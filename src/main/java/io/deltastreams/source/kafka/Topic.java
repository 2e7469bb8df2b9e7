package io.deltastreams.source.kafka;

import io.deltastreams.change.RelayPart;
import io.deltastreams.change.RelayParts;
import io.deltastreams.change.Relayed;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A relay's topic, open to be read. One thread; interrupting it ends what waits. */
final class Topic implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(500);
    /** After so much of it the broker is asked for something that it has to answer. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final String name;
    private final Object servers;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private long heard = System.nanoTime();

    /** What is asked of a broker. */
    @FunctionalInterface
    private interface Question<T> {
        T ask();
    }

    /** @param connection servers and security, in the client's own names */
    Topic(String name, Map<String, Object> connection) throws SourceFailure, InterruptedException {
        Map<String, Object> settings = new HashMap<>(connection);
        settings.putIfAbsent(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9092");
        settings.putIfAbsent(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000");
        settings.putIfAbsent(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000");
        settings.putIfAbsent(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "2000");
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // What retention has taken away is found by the positions, so the reader goes on where the topic begins.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        this.name = name;
        this.servers = settings.getOrDefault(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "");
        this.partition = new TopicPartition(name, 0);
        this.consumer = answered(() -> open(settings));
        consumer.assign(List.of(partition));
    }

    /** The client looks for its own classes, and JAAS for login modules, where the thread says, and that may be anybody's. */
    private static KafkaConsumer<byte[], byte[]> open(Map<String, Object> settings) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try {
            thread.setContextClassLoader(KafkaConsumer.class.getClassLoader());
            return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** The offset of the oldest message. */
    long begin() throws SourceFailure, InterruptedException {
        return answered(() -> consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L));
    }

    /** The offset behind the newest message. */
    long end() throws SourceFailure, InterruptedException {
        return answered(() -> consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L));
    }

    /** Whether it is there. */
    boolean exists() throws SourceFailure, InterruptedException {
        return answered(() -> consumer.listTopics().containsKey(name));
    }

    void seek(long offset) {
        consumer.seek(partition, offset);
    }

    /** What has come; none after a while. A broker that is away is told, though the client would look for it for ever. */
    ConsumerRecords<byte[], byte[]> poll() throws SourceFailure, InterruptedException {
        ConsumerRecords<byte[], byte[]> come = answered(() -> consumer.poll(POLL));
        if (!come.isEmpty()) {
            heard = System.nanoTime();
        } else if (System.nanoTime() - heard > SILENCE.toNanos()) {
            end();
            heard = System.nanoTime();
        }
        return come;
    }

    /**
     * The next message alone; what comes with it is read again.
     *
     * @throws SourceFailure if there is none after a while
     */
    ConsumerRecord<byte[], byte[]> next() throws SourceFailure, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            for (ConsumerRecord<byte[], byte[]> message : poll()) {
                seek(message.offset() + 1);
                return message;
            }
        }
        throw failure(Kind.TRANSIENT, "it does not give what it holds", "see how the broker is");
    }

    /** @throws SourceFailure if the message is nothing of a relay's */
    RelayPart part(ConsumerRecord<byte[], byte[]> message) throws SourceFailure {
        try {
            return RelayPart.decode(message.value());
        } catch (RuntimeException e) {
            throw unreadable(message, e);
        }
    }

    /** What is whole with this part. */
    Optional<Relayed> add(RelayParts parts, ConsumerRecord<byte[], byte[]> message) throws SourceFailure {
        RelayPart part = part(message);
        try {
            return parts.add(message.offset(), part);
        } catch (RuntimeException e) {
            throw unreadable(message, e);
        }
    }

    private SourceFailure unreadable(ConsumerRecord<byte[], byte[]> message, RuntimeException e) {
        return failure(
                Kind.PERMANENT,
                "what stands at offset %d is nothing that an instance's relay wrote: %s"
                        .formatted(message.offset(), e.getMessage()),
                "name the topic of a 'relay', written by this version or an older one");
    }

    SourceFailure failure(Kind kind, String what, String remedy) {
        return new SourceFailure(kind, "topic '%s' at %s: %s".formatted(name, servers, what), remedy, null);
    }

    private <T> T answered(Question<T> question) throws SourceFailure, InterruptedException {
        try {
            return question.ask();
        } catch (InterruptException e) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException("the reading is interrupted").initCause(e);
        } catch (KafkaException e) {
            throw new SourceFailure(
                    Kind.TRANSIENT,
                    "topic '%s' at %s: %s".formatted(name, servers, said(e)),
                    "see whether the broker runs, kafka.bootstrap.servers names it, and kafka.security.protocol and kafka.sasl.* are what it asks for",
                    e);
        }
    }

    /** With its causes: the client's own message often tells only which of its parts could not be made, or that a handshake failed. */
    private static String said(KafkaException failure) {
        List<String> said = new ArrayList<>();
        for (Throwable each = failure; each != null; each = each.getCause()) {
            String message = each.getMessage();
            if (message != null && said.stream().noneMatch(known -> known.contains(message))) {
                said.add(message);
            }
        }
        return String.join(": ", said);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
