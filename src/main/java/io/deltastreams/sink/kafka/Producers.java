package io.deltastreams.sink.kafka;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The producers, all configured by the channel {@code kafka}, which has the {@link Link}. */
final class Producers {

    static final String CHANNEL = "kafka";

    private static final Duration OPENING = Duration.ofSeconds(10);

    private final Supplier<Producer<byte[], byte[]>> shared;
    private final Supplier<Map<String, ?>> settings;

    /**
     * @param shared for all who want no transactions
     * @param settings of the others
     */
    Producers(Supplier<Producer<byte[], byte[]>> shared, Supplier<Map<String, ?>> settings) {
        this.shared = shared;
        this.settings = settings;
    }

    static Producers of(KafkaClientService clients) {
        return new Producers(
                () -> channel(clients)
                        .runOnSendingThread((Producer<byte[], byte[]> producer) -> producer)
                        .await()
                        .atMost(OPENING),
                () -> channel(clients).configuration());
    }

    /** The channel's own, which it opens and closes. */
    Producer<byte[], byte[]> shared() {
        return shared.get();
    }

    /**
     * A new one of this transactional id, to be closed by whoever gets it; asks no broker yet.
     *
     * @throws org.apache.kafka.common.KafkaException if the configuration does not do
     */
    Producer<byte[], byte[]> transactional(String id) {
        Map<String, Object> settings = new HashMap<>(this.settings.get());
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
        settings.putIfAbsent(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, "45000");
        settings.remove(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG);
        settings.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        Object client = settings.get(ProducerConfig.CLIENT_ID_CONFIG);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, client == null ? id : client + "-" + id);
        return Link.open(() -> new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    private static io.smallrye.reactive.messaging.kafka.KafkaProducer<byte[], byte[]> channel(
            KafkaClientService clients) {
        return clients.getProducer(CHANNEL);
    }
}
