package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PipelineConfigTest {

    @Test
    void defaults() {
        PipelineConfig config = mapping(Map.of());

        assertThat(config.file()).isEqualTo(Path.of("delta-streams.yaml"));
        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void keys() {
        PipelineConfig config = mapping(Map.of("delta-streams.file", "other.yaml", "delta-streams.drain", "1s"));

        assertThat(config.file()).isEqualTo(Path.of("other.yaml"));
        assertThat(config.drain()).isEqualTo(Duration.ofSeconds(1));
    }

    private static PipelineConfig mapping(Map<String, String> values) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withMapping(PipelineConfig.class);
        values.forEach(builder::withDefaultValue);
        return builder.build().getConfigMapping(PipelineConfig.class);
    }
}
