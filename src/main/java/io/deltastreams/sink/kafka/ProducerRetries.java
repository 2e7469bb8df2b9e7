package io.deltastreams.sink.kafka;

import io.smallrye.reactive.messaging.ClientCustomizer;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.eclipse.microprofile.config.Config;

/**
 * Lets the producer retry and the connector not. One setting, {@code retries}, means both: the producer's retries keep the order, the
 * connector's send a record again behind those that followed it. So the channel says 0, and the producer is told otherwise here.
 */
@Singleton
final class ProducerRetries implements ClientCustomizer<Map<String, Object>> {

    @Override
    public Map<String, Object> customize(String channel, Config config, Map<String, Object> settings) {
        if (!channel.equals("kafka")) {
            return settings;
        }
        Map<String, Object> customized = new HashMap<>(settings);
        customized.put(ProducerConfig.RETRIES_CONFIG, Integer.toString(Integer.MAX_VALUE));
        return customized;
    }
}
