package io.deltastreams.sink.kafka;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.ClientCustomizer;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.eclipse.microprofile.config.Config;

/**
 * Servers and security, one and the same for all clients that the service opens: what {@code kafka.*} says, and over it what {@code
 * mp.messaging.outgoing.kafka.*} does. Both may be environment variables, {@code KAFKA_SASL_JAAS_CONFIG}.
 *
 * <p>The channel gets it again from here. The connector takes a value that looks like a number, a password of digits, for that number, and an empty
 * one, which turns the check of a host's name off, for none.
 */
@Singleton
final class Link implements ClientCustomizer<Map<String, Object>> {

    private static final String CHANNEL = "mp.messaging.outgoing." + Producers.CHANNEL + ".";

    private final Map<String, Object> settings;

    /** @param broker what {@code kafka.*} says, in the client's own names */
    Link(@Identifier("default-kafka-broker") Map<String, Object> broker, Config config) {
        Map<String, Object> known = new HashMap<>(broker);
        for (String property : config.getPropertyNames()) {
            String dotted = property.toLowerCase(Locale.ROOT).replace('_', '.');
            if (dotted.startsWith(CHANNEL) && isOfTheLink(dotted.substring(CHANNEL.length()))) {
                String value = config.getOptionalValue(dotted, String.class)
                        .or(() -> config.getOptionalValue(property, String.class))
                        .orElse("");
                known.put(dotted.substring(CHANNEL.length()), value);
            }
        }
        this.settings = Map.copyOf(known);
    }

    private static boolean isOfTheLink(String setting) {
        return setting.equals("bootstrap.servers")
                || setting.equals("client.dns.lookup")
                || setting.startsWith("security.")
                || setting.startsWith("sasl.")
                || setting.startsWith("ssl.");
    }

    /** In the client's own names, with whatever else {@code kafka.*} says; for {@code source.kafka} as well. */
    @Produces
    @Identifier("kafka-link") Map<String, Object> settings() {
        return settings;
    }

    @Override
    public Map<String, Object> customize(String channel, Config channelConfig, Map<String, Object> client) {
        if (channel.equals(Producers.CHANNEL)) {
            settings.forEach((setting, value) -> {
                if (isOfTheLink(setting)) {
                    client.put(setting, value);
                }
            });
        }
        return client;
    }

    /**
     * Opens a client. It looks for its own classes, and JAAS for login modules, where the thread says, and that may be anybody's.
     *
     * @throws org.apache.kafka.common.KafkaException if its settings do not do
     */
    static <T> T open(Supplier<T> client) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try {
            thread.setContextClassLoader(KafkaProducer.class.getClassLoader());
            return client.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
