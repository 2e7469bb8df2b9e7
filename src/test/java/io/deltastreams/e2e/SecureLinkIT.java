package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.sink.kafka.SecureBroker;
import io.deltastreams.sink.kafka.SecurityExamples;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The package where nobody is let in unasked: PostgreSQL by TLS alone, Kafka by each of the links in {@code docs/kafka-security.md}. */
@SuppressWarnings("NullAway.Init") // started before they are used
class SecureLinkIT {

    private static final String PASSWORD = "p@ss:word/1";

    private static SecureBroker broker;
    private static EmbeddedPostgres postgres;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() throws IOException, SQLException {
        broker = new SecureBroker();
        broker.up();
        Path hba = shared.resolve("pg_hba.conf");
        Files.writeString(hba, """
                host all postgres all trust
                hostssl all delta all scram-sha-256
                hostssl all client all cert
                """);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .setServerConfig("max_replication_slots", "20")
                .setServerConfig("hba_file", hba.toString())
                .setServerConfig("ssl", "on")
                .setServerConfig(
                        "ssl_cert_file", broker.secrets().resolve("ca.pem").toString())
                .setServerConfig(
                        "ssl_key_file", broker.secrets().resolve("server.key").toString())
                .setServerConfig(
                        "ssl_ca_file", broker.secrets().resolve("clients.pem").toString())
                .start();
        execute(
                "CREATE ROLE delta SUPERUSER LOGIN PASSWORD '" + PASSWORD + "'",
                "CREATE ROLE client SUPERUSER LOGIN",
                "CREATE TABLE items (id int PRIMARY KEY, name text)");
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
        broker.close();
    }

    private static void execute(String... commands) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /** By which a password lets in. */
    private static String byPassword() {
        return "postgresql://delta:%s@localhost:%d/postgres?sslmode=verify-full&sslrootcert=%s"
                .formatted(
                        URLEncoder.encode(PASSWORD, UTF_8),
                        postgres.getPort(),
                        broker.secrets().resolve("ca.pem"));
    }

    /** By which a certificate does. */
    private static String byCertificate() {
        return "postgresql://client@localhost:%1$d/postgres?sslmode=verify-full&sslrootcert=%2$s/ca.pem&sslcert=%2$s/clients.pem&sslkey=%2$s/client.pem&pemKeyAlgorithm=EC"
                .formatted(postgres.getPort(), broker.secrets());
    }

    /** For an executable each is a matter of its own; on a JVM it is the unit tests' classes and one way from end to end. */
    private static List<String> titles() {
        return Program.isNative() ? SecurityExamples.titles() : List.of("Mutual TLS");
    }

    @ParameterizedTest
    @MethodSource("titles")
    void what_is_captured_is_delivered(String title) throws Exception {
        String url = title.contains("PKCS") || title.contains("Mutual") ? byCertificate() : byPassword();
        assertDelivered(title, url, "direct");
    }

    @Test
    @EnabledIf("io.deltastreams.e2e.Program#isNative")
    void debezium_reads_by_TLS_as_well() throws Exception {
        assertDelivered("TLS", byCertificate(), "debezium");
        assertDelivered("TLS", byPassword(), "debezium");
    }

    private void assertDelivered(String title, String url, String engine) throws Exception {
        String name = "t" + Integer.toHexString((title + url + engine).hashCode());
        Map<String, String> environment = SecurityExamples.environment(title, broker);
        List<String> options = new ArrayList<>(List.of("-Xmx512m", Program.QUICK));
        // A launcher reads it, and an executable has none.
        Optional.ofNullable(environment.remove("JDK_JAVA_OPTIONS")).ifPresent(options::add);
        execute("INSERT INTO items VALUES (%d, '%s')".formatted(name.hashCode(), name));
        String pipeline = """
                name: %1$s
                source: { postgresql: { url: "%2$s", engine: %3$s, slot: %1$s, publication: %1$s, tables: [public.items] } }
                log: { path: log }
                streams: { %1$s: { from: public.items, to: { kafka: { required: true } } } }
                """.formatted(name, url, engine);
        try (Service service = Service.start(folder.resolve(name), pipeline, environment, options)) {
            service.awaitDelivered(1, Duration.ofSeconds(90));
            Awaitility.await(name)
                    .atMost(Duration.ofSeconds(90))
                    .untilAsserted(() -> assertThat(TopicReader.rows(broker.openServers(), name))
                            .anyMatch(row -> row.get("name").asText().equals(name)));
        }
    }
}
