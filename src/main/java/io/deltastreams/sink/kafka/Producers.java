package io.deltastreams.sink.kafka;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The producers, all configured by the channel {@code kafka}. */
final class Producers {

    static final String CHANNEL = "kafka";

    private static final Duration OPENING = Duration.ofSeconds(10);

    private final KafkaClientService clients;

    Producers(KafkaClientService clients) {
        this.clients = clients;
    }

    /** The channel's own, which it opens and closes. */
    Producer<byte[], byte[]> shared() {
        return channel()
                .runOnSendingThread((Producer<byte[], byte[]> producer) -> producer)
                .await()
                .atMost(OPENING);
    }

    /**
     * A new one of this transactional id, to be closed by whoever gets it; asks no broker yet.
     *
     * @throws org.apache.kafka.common.KafkaException if the configuration does not do
     */
    Producer<byte[], byte[]> transactional(String id) {
        Map<String, Object> settings = new HashMap<>(channel().configuration());
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        settings.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "45000");
        settings.remove(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG);
        settings.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        Object client = settings.get(ProducerConfig.CLIENT_ID_CONFIG);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, client == null ? id : client + "-" + id);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try {
            // The client looks for its own classes there first, and this thread may be anybody's.
            thread.setContextClassLoader(KafkaProducer.class.getClassLoader());
            return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private io.smallrye.reactive.messaging.kafka.KafkaProducer<byte[], byte[]> channel() {
        return clients.getProducer(CHANNEL);
    }
}
