package io.deltastreams.feed;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.settings.Settings;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeedConfigTest {

    @Test
    void the_defaults_are_these() {
        FeedConfig config = read(Map.of());
        assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(15));
        assertThat(config.retry()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.errorRetry()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.progress()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.quiet()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.maxSubscribers()).isEqualTo(10_000);
        assertThat(config.stallTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.pageAge()).isEqualTo(Duration.ofDays(1));
        assertThat(config.maxPerClient()).isEmpty();
    }

    @Test
    void the_keys_are_these() {
        FeedConfig config = read(Map.of(
                "delta-streams.feed.heartbeat", "1s",
                "delta-streams.feed.retry", "2s",
                "delta-streams.feed.error-retry", "3s",
                "delta-streams.feed.progress", "4s",
                "delta-streams.feed.quiet", "9s",
                "delta-streams.feed.max-subscribers", "5",
                "delta-streams.feed.stall-timeout", "6s",
                "delta-streams.feed.page-age", "7s",
                "delta-streams.feed.max-per-client", "8"));
        assertThat(config.heartbeat()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.retry()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.errorRetry()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.progress()).isEqualTo(Duration.ofSeconds(4));
        assertThat(config.quiet()).isEqualTo(Duration.ofSeconds(9));
        assertThat(config.maxSubscribers()).isEqualTo(5);
        assertThat(config.stallTimeout()).isEqualTo(Duration.ofSeconds(6));
        assertThat(config.pageAge()).isEqualTo(Duration.ofSeconds(7));
        assertThat(config.maxPerClient()).hasValue(8);
        assertThat(FeedConfig.class.getDeclaredMethods()).hasSize(9);
    }

    private static FeedConfig read(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withMapping(FeedConfig.class)
                .addDefaultInterceptors()
                .withConverter(
                        Duration.class, 200, text -> Settings.duration(text).orElseThrow())
                .withDefaultValues(values)
                .build()
                .getConfigMapping(FeedConfig.class);
    }
}
