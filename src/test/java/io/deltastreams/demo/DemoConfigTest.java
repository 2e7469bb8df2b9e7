package io.deltastreams.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DemoConfigTest {

    @Test
    void defaults() {
        DemoConfig config = mapping(new SmallRyeConfigBuilder());

        assertThat(config.postgresPort()).isEqualTo(54329);
        assertThat(config.kafkaPort()).isEqualTo(54392);
        assertThat(config.folder()).isEqualTo(Path.of("data/demo"));
        assertThat(config.transactionsPerSecond()).isEqualTo(20);
    }

    @Test
    void keys() {
        DemoConfig config = mapping(new SmallRyeConfigBuilder()
                .withDefaultValue("delta-streams.demo.postgres-port", "1")
                .withDefaultValue("delta-streams.demo.kafka-port", "2")
                .withDefaultValue("delta-streams.demo.folder", "elsewhere")
                .withDefaultValue("delta-streams.demo.transactions-per-second", "3"));

        assertThat(config.postgresPort()).isEqualTo(1);
        assertThat(config.kafkaPort()).isEqualTo(2);
        assertThat(config.folder()).isEqualTo(Path.of("elsewhere"));
        assertThat(config.transactionsPerSecond()).isEqualTo(3);
    }

    private static DemoConfig mapping(SmallRyeConfigBuilder builder) {
        SmallRyeConfig config =
                builder.addDefaultInterceptors().withMapping(DemoConfig.class).build();
        return config.getConfigMapping(DemoConfig.class);
    }
}
