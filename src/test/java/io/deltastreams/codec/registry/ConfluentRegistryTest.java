package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemaRegistry.Language;
import io.deltastreams.codec.SchemasAway;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked, and what is made of answers that a real registry gives seldom. */
class ConfluentRegistryTest {

    private static final String VERSIONS = "/subjects/orders-value/versions";

    private final ScriptedServer server = new ScriptedServer();

    @AfterEach
    void stop() {
        server.close();
    }

    private static int register(SchemaRegistry registry) {
        return registry.id("orders-value", Language.AVRO, "\"string\"");
    }

    @Test
    void a_schema_is_told_in_confluents_form() {
        // given
        server.then(200, "{\"id\":7}").then(200, "{\"id\":2147483647,\"version\":1,\"more\":{}}");
        SchemaRegistry registry = Opened.of("registry: %s/apis/ccompat/v7/".formatted(server.url()));

        // when
        int avro = register(registry);
        int protobuf = registry.id("orders-value", Language.PROTOBUF, "syntax = \"proto3\";");

        // then
        assertThat(avro).isEqualTo(7);
        assertThat(protobuf).isEqualTo(Integer.MAX_VALUE);
        String type = "application/vnd.schemaregistry.v1+json";
        String path = "/apis/ccompat/v7" + VERSIONS;
        assertThat(server.asked())
                .containsExactly(
                        new ScriptedServer.Asked("POST", path, type, "", "{\"schema\":\"\\\"string\\\"\"}"),
                        new ScriptedServer.Asked(
                                "POST",
                                path,
                                type,
                                "",
                                "{\"schema\":\"syntax = \\\"proto3\\\";\",\"schemaType\":\"PROTOBUF\"}"));
    }

    @Test
    void a_known_schema_is_not_asked_for_again() {
        // given
        server.then(200, "{\"id\":7}");
        SchemaRegistry registry = Opened.of("registry: " + server.url());

        // when
        int id = register(registry);

        // then
        assertThat(register(registry)).isEqualTo(id);
        assertThat(server.lines()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "'user: us, password: pä:ss', Basic dXM6cMOkOnNz",
        "token: abc.def, Bearer abc.def",
    })
    void every_request_says_who_asks(String secret, String header) {
        // given
        server.then(200, "{}").then(200, "{\"id\":7}").then(200, "[1]").then(200, "{\"schema\":\"x\"}");
        SchemaRegistry registry =
                Opened.of("registry: {url: '%s', compatibility: full, %s}".formatted(server.url(), secret));

        // when
        register(registry);
        registry.versions("orders-value");

        // then
        assertThat(server.asked())
                .hasSize(4)
                .allSatisfy(asked -> assertThat(asked.authorization()).isEqualTo(header));
    }

    @Test
    void compatibility_is_set_before_a_subjects_first_schema_until_it_stands() {
        // given
        server.then(503, "")
                .then(200, "{\"compatibility\":\"FORWARD_TRANSITIVE\"}")
                .then(200, "{\"id\":7}")
                .then(200, "{\"id\":8}");
        SchemaRegistry registry =
                Opened.of("registry: {url: '%s', compatibility: forward-transitive}".formatted(server.url()));

        // when
        assertThatThrownBy(() -> register(registry)).isInstanceOf(SchemasAway.class);
        register(registry);
        registry.id("orders-value", Language.AVRO, "\"long\"");

        // then
        assertThat(server.lines())
                .containsExactly(
                        "PUT /config/orders-value", "PUT /config/orders-value", "POST " + VERSIONS, "POST " + VERSIONS);
        assertThat(server.asked().getFirst().body()).isEqualTo("{\"compatibility\":\"FORWARD_TRANSITIVE\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "500 | {\"error_code\":50001,\"message\":\"store\"} | 50001",
                "503 | <html>no backend</html>                      | no backend",
                "429 | {\"error_code\":42901,\"message\":\"slow\"}  | slow",
                "408 | ''                                           | 408",
                "401 | {\"error_code\":401,\"message\":\"who?\"}    | check user",
                "401 | ''                                           | check user",
                "403 | {\"error_code\":40301,\"message\":\"no\"}    | check user",
                "404 | <html>nothing here</html>                    | check the path",
                "400 | plain HTTP was sent to an HTTPS port         | HTTPS port",
                "413 | <html>too large for this proxy</html>        | too large",
                "422 | {\"error_code\":42205,\"message\":\"read-only\"} | read-only",
            })
    void what_is_not_the_schemas_fault_is_waited_for(int status, String body, String told) {
        // given
        server.then(status, body).then(200, "{\"id\":7}");
        SchemaRegistry registry =
                Opened.of("registry: {url: '%s', user: us, password: s3cr3t}".formatted(server.url()));

        // when, then
        assertThatThrownBy(() -> register(registry))
                .isInstanceOf(SchemasAway.class)
                .hasMessageContaining(server.url())
                .hasMessageContaining("orders-value")
                .hasMessageContaining(Integer.toString(status))
                .hasMessageContaining(told)
                .hasMessageNotContaining("s3cr3t");
        assertThat(register(registry)).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "409 | {\"error_code\":409,\"message\":\"incompatible\"}  | 409 (error_code 409) incompatible",
                "409 | nonsense                                           | 409 nonsense",
                "422 | {\"error_code\":42201,\"message\":\"no schema\"}   | 422 (error_code 42201) no schema",
                "400 | {\"error_code\":400,\"message\":\"bad\"}           | 400 (error_code 400) bad",
                "404 | {\"error_code\":40401,\"message\":\"no such\"}     | 404 (error_code 40401) no such",
            })
    void what_the_registry_refuses_is_the_schemas_fault(int status, String body, String told) {
        // given
        server.then(status, body);

        // when, then
        assertThatThrownBy(() -> register(Opened.of("registry: " + server.url())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(server.url())
                .hasMessageContaining("orders-value")
                .hasMessageContaining(told);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>Welcome</html>",
                "[1,2]",
                "{}",
                "{\"id\":\"7\"}",
                "{\"id\":1.5}",
                "{\"id\":2147483648}",
                "{\"id\":7",
                "null",
            })
    void a_server_that_is_no_registry_is_told(String body) {
        // given
        server.then(200, body).then(200, body);
        SchemaRegistry registry = Opened.of("registry: " + server.url());

        // when, then
        assertThatThrownBy(() -> register(registry))
                .isInstanceOf(SchemasAway.class)
                .hasMessageContaining(server.url());
        if (!body.startsWith("[")) {
            assertThatThrownBy(() -> registry.versions("orders-value")).isInstanceOf(SchemasAway.class);
        }
    }

    @Test
    void a_version_that_was_deleted_meanwhile_is_left_out() {
        // given
        server.then(200, "[1,3]")
                .then(404, "{\"error_code\":40402,\"message\":\"version not found\"}")
                .then(200, "{\"schema\":\"{}\"}");

        // when, then
        assertThat(Opened.of("registry: " + server.url()).versions("orders-value"))
                .containsExactly("{}");
        assertThat(server.lines())
                .containsExactly("GET " + VERSIONS, "GET " + VERSIONS + "/1", "GET " + VERSIONS + "/3");
    }

    @Test
    void an_answer_without_end_is_cut() {
        // given
        server.then(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                byte[] much = new byte[1 << 20];
                for (int i = 0; i < 1000; i++) {
                    out.write(much);
                }
            }
        });

        // when, then
        assertThatThrownBy(() -> register(Opened.of("registry: " + server.url())))
                .isInstanceOf(SchemasAway.class)
                .hasMessageContaining(server.url());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nobody_waits_for_ever(boolean headIsSent) {
        // given
        CountDownLatch over = new CountDownLatch(1);
        server.then(exchange -> {
            if (headIsSent) {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
            }
            awaitOver(over);
        });
        Access access = new Access(URI.create(server.url()), null, null);
        SchemaRegistry registry = new ConfluentRegistry(access, Duration.ofMillis(500));

        // when, then
        assertThatThrownBy(() -> register(registry))
                .isInstanceOf(SchemasAway.class)
                .hasMessage("schema registry %s: no answer to POST %s within 500 ms".formatted(server.url(), VERSIONS));
        over.countDown();
    }

    private static void awaitOver(CountDownLatch over) {
        try {
            over.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whoever_is_interrupted_while_waiting_is_told_so() throws InterruptedException {
        // given
        SchemaRegistry registry = Opened.of("registry: " + server.url());
        Thread.currentThread().interrupt();

        // when, then
        assertThatThrownBy(() -> register(registry)).isInstanceOf(SchemasAway.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void a_redirection_that_keeps_the_method_is_followed() {
        try (ScriptedServer leader = new ScriptedServer()) {
            // given
            server.thenRedirect(307, leader.url() + VERSIONS);
            leader.then(200, "{\"id\":7}");

            // when, then
            assertThat(register(Opened.of("registry: " + server.url()))).isEqualTo(7);
            assertThat(leader.lines()).containsExactly("POST " + VERSIONS);
        }
    }

    @Test
    void a_redirection_that_would_read_instead_of_write_is_told_with_the_address() {
        try (ScriptedServer other = new ScriptedServer()) {
            // given
            server.thenRedirect(301, other.url() + VERSIONS);
            other.then(200, "[1]");

            // when, then
            assertThatThrownBy(() -> register(Opened.of("registry: " + server.url())))
                    .isInstanceOf(SchemasAway.class)
                    .hasMessageContaining(server.url())
                    .hasMessageContaining(other.url());
        }
    }

    @Test
    void a_secret_does_not_follow_a_redirection() {
        try (ScriptedServer other = new ScriptedServer()) {
            // given
            server.thenRedirect(307, other.url() + VERSIONS);

            // when, then
            assertThatThrownBy(
                            () -> register(Opened.of("registry: {url: '%s', token: secret}".formatted(server.url()))))
                    .isInstanceOf(SchemasAway.class)
                    .hasMessageContaining(other.url())
                    .hasMessageContaining("write the address")
                    .hasMessageNotContaining("secret");
            assertThat(other.asked()).isEmpty();
        }
    }
}
