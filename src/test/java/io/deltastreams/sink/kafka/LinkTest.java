package io.deltastreams.sink.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LinkTest {

    private static final SmallRyeConfig NOTHING = new SmallRyeConfigBuilder().build();

    private static SmallRyeConfig properties(Map<String, String> properties) {
        return new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(properties, "test", 250))
                .build();
    }

    private static SmallRyeConfig environment(Map<String, String> environment) {
        return new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(environment, 300))
                .build();
    }

    @Test
    void what_is_said_of_the_channel_stands_above_what_is_said_of_the_broker() {
        Link link = new Link(
                Map.of("bootstrap.servers", "a:1", "security.protocol", "SSL", "metadata.max.age.ms", "5000"),
                properties(Map.of(
                        "mp.messaging.outgoing.kafka.bootstrap.servers", "b:2",
                        "mp.messaging.outgoing.kafka.sasl.mechanism", "PLAIN")));

        assertThat(link.settings())
                .containsOnly(
                        Map.entry("bootstrap.servers", "b:2"),
                        Map.entry("security.protocol", "SSL"),
                        Map.entry("sasl.mechanism", "PLAIN"),
                        Map.entry("metadata.max.age.ms", "5000"));
    }

    @Test
    void the_channel_is_told_by_the_environment_as_well() {
        Link link = new Link(Map.of(), environment(Map.of("MP_MESSAGING_OUTGOING_KAFKA_SSL_KEY_PASSWORD", "secret")));

        assertThat(link.settings()).containsOnly(Map.entry("ssl.key.password", "secret"));
    }

    @Test
    void what_concerns_producers_alone_stays_theirs() {
        Link link = new Link(
                Map.of(),
                properties(Map.of(
                        "mp.messaging.outgoing.kafka.request.timeout.ms", "1",
                        "mp.messaging.outgoing.other.security.protocol", "SSL")));

        assertThat(link.settings()).isEmpty();
    }

    @Test
    void a_password_of_digits_and_an_empty_value_reach_the_producers_as_they_are() {
        Link link = new Link(
                Map.of("ssl.truststore.password", "042042", "ssl.endpoint.identification.algorithm", ""), NOTHING);
        Map<String, Object> seenByTheConnector =
                new HashMap<>(Map.of("ssl.truststore.password", "42042", "acks", "all"));

        assertThat(link.customize("kafka", NOTHING, seenByTheConnector))
                .containsOnly(
                        Map.entry("ssl.truststore.password", "042042"),
                        Map.entry("ssl.endpoint.identification.algorithm", ""),
                        Map.entry("acks", "all"));
    }

    @Test
    void other_channels_are_left_alone() {
        Link link = new Link(Map.of("security.protocol", "SSL"), NOTHING);

        assertThat(link.customize("other", NOTHING, new HashMap<>())).isEmpty();
    }
}
