package io.deltastreams.ops;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service on a script instead of a database (src/test/resources/pipelines). */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // Quarkus fills the field
class OpsTest {

    @TestHTTPResource("/feeds/")
    URI feeds;

    @BeforeEach
    void awaitCapture() {
        Awaitility.await("capture of the script")
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> get("/q/health/ready").then().statusCode(200));
    }

    @Test
    void the_index_tells_streams_source_and_log() {
        get("/feeds")
                .then()
                .statusCode(200)
                .body("streams.name", contains("items", "counts"))
                .body("streams[0].key", contains("id"))
                .body("streams[0].columns.name", contains("id", "name", "price"))
                .body("streams[0].columns.type", contains("int32", "text", "numeric"))
                .body("source.kind", equalTo("replay"))
                .body("source.status", equalTo("running"))
                .body(
                        "source.keySet()",
                        containsInAnyOrder(
                                "kind",
                                "status",
                                "message",
                                "captured",
                                "committed_at",
                                "retained_wal_bytes",
                                "snapshot",
                                "notes"))
                .body(
                        "log.keySet()",
                        containsInAnyOrder("bytes", "segments", "waiting", "waiting_for", "last", "failure"));
    }

    @Test
    void metrics_are_there_for_source_log_and_streams() {
        String metrics = get("/q/metrics").asString();

        assertThat(metrics)
                .contains("delta_streams_captured_changes_total")
                .contains("delta_streams_source_up 1.0")
                .contains("delta_streams_log_bytes")
                .contains("delta_streams_feed_subscribers{stream=\"items\"");
    }

    @Test
    void the_state_is_told_by_index_and_metrics() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() ->
                        get("/feeds").then().body("state.message", equalTo("")).body("state.missing", empty()));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(get("/q/metrics").asString())
                        .contains("delta_streams_state_bytes")
                        .contains("delta_streams_state_readers 0.0")
                        .contains("delta_streams_state_missing_tables 0.0")
                        .contains("delta_streams_state_lag_positions 0.0"));
    }

    @Test
    void an_unknown_stream_is_a_problem_that_names_the_nearest() {
        given().accept("text/event-stream")
                .get("/feeds/itmes")
                .then()
                .statusCode(404)
                .contentType(containsString("application/problem+json"))
                .body("detail", containsString("items"));
    }

    @Test
    void a_feed_writes_bigints_as_strings_where_its_section_asks_for_it() throws Exception {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                feeds.resolve("counts?from=earliest").toURL().openStream(), UTF_8))) {
            String data = lines.lines()
                    .filter(line -> line.startsWith("data:") && line.contains("\"op\""))
                    .findFirst()
                    .orElseThrow();

            assertThat(data).contains("\"after\":{\"id\":1,\"count\":\"9007199254740993\"}");
        }
    }

    @Test
    void the_page_is_served() {
        get("/").then().statusCode(200).body(containsString("Delta Streams"));
    }
}
