package io.deltastreams.sink.kafka;

import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Relay;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.inject.Singleton;

/**
 * The kind {@code kafka} of relay. Settings:
 *
 * <ul>
 *   <li>{@code topic}; made if absent, with one partition and unlimited retention
 *   <li>{@code required} is the pipeline's
 * </ul>
 */
@Singleton
@Identifier("kafka") final class KafkaRelays implements Relay.Factory {

    private final Broker broker;
    private final Outlet outlet;

    KafkaRelays(Link link, KafkaClientService clients) {
        this.broker = new Broker(link.settings());
        this.outlet = new Outlet(Producers.of(clients)::shared, Outlet.WINDOW);
    }

    @Override
    public Relay create(Settings settings) {
        String topic = TopicPlan.topic(settings, "topic", "delta-streams-log");
        settings.flag("required", false);
        return new KafkaRelay(topic, broker, outlet);
    }
}
