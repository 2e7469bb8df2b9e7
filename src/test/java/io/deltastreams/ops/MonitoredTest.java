package io.deltastreams.ops;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.deploy.Alerts;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A scrape of the service, against what deploy/monitoring asks for. */
@QuarkusTest
@TestProfile(MonitoredTest.Monitored.class)
class MonitoredTest {

    public static class Monitored implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("delta-streams.file", "src/test/resources/pipelines/monitored.yaml");
        }
    }

    @BeforeEach
    void awaitCapture() {
        Awaitility.await("capture of the script")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> get("/q/health/ready").then().statusCode(200));
    }

    @Test
    void everything_that_rules_and_dashboard_ask_for_is_there() throws IOException {
        // Pauses are measured from the first one on.
        System.gc();
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(names()).containsAll(Alerts.metrics()));
        assertThat(Alerts.metrics()).hasSizeGreaterThan(30);
    }

    private static Set<String> names() {
        return Arrays.stream(scrape().split("\n"))
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());
    }

    @Test
    void what_was_set_aside_is_counted_until_it_is_handled() {
        // Streams without outputs have their stages run by their readers.
        given().accept("application/json")
                .get("/feeds/broken?from=earliest")
                .then()
                .statusCode(200);
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(scrape())
                        .contains("delta_streams_dead_letters_waiting{stream=\"broken\"} 1.0")
                        .contains("delta_streams_dead_letters_waiting{stream=\"items\"} 0.0"));
    }

    @Test
    void the_log_tells_its_budget_and_that_it_is_well() {
        assertThat(scrape())
                .contains("delta_streams_log_up 1.0")
                .contains("delta_streams_log_budget_bytes " + (double) (64 << 20))
                .contains("delta_streams_source_wal_budget_bytes NaN");
    }

    private static String scrape() {
        return get("/q/metrics").asString();
    }
}
