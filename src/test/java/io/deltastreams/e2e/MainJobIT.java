package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoKafka;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job as a whole: pgbench's workload through the packaged service, folded on the other side and compared with the database. */
class MainJobIT {

    private static final Map<String, String> STREAMS = Map.of(
            "accounts", "pgbench_accounts",
            "branches", "pgbench_branches",
            "tellers", "pgbench_tellers",
            "history", "pgbench_history");

    @TempDir
    Path folder;

    @Test
    void feeds_and_topics_fold_to_the_tables_through_kills_and_restarts() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        int postgresPort = Service.freePort();
        int kafkaPort = Service.freePort();
        DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), postgresPort);
        DemoKafka kafka = DemoKafka.start(folder.resolve("kafka"), kafkaPort);
        String jdbcUrl = Jdbc.url(postgres);
        TpcB.initialize(jdbcUrl);

        try (Service service =
                Service.start(folder.resolve("service"), Pipelines.pgbench(postgres.url()), kafka.bootstrapServers())) {
            service.awaitReady();
            Map<String, FeedReader> readers = subscribe(service);
            try (Stalled _ = new Stalled(service.uri("/feeds/history?from=earliest"));
                    TpcB load = TpcB.start(jdbcUrl, 4, seed)) {
                for (int kill = 0; kill < 3; kill++) {
                    awaitTransactions(load, 200);
                    service.kill();
                    service.restart();
                    service.awaitReady();
                    if (kill == 0) {
                        postgres.close();
                        postgres = DemoPostgres.start(folder.resolve("postgres"), postgresPort);
                    }
                    if (kill == 1) {
                        kafka.close();
                        kafka = DemoKafka.start(folder.resolve("kafka"), kafkaPort);
                    }
                }
                awaitTransactions(load, 200);
            }
            Oracle oracle = new Oracle(jdbcUrl);
            assertFeeds(oracle, readers);
            assertTopics(oracle, service, kafka.bootstrapServers());
            readers.values().forEach(FeedReader::close);
            Map<String, FeedReader> latecomers = subscribe(service);
            assertFeeds(oracle, latecomers);
            latecomers.values().forEach(FeedReader::close);
            assertThat(service.terminate()).as("drained by SIGTERM").isLessThan(Duration.ofSeconds(10));
            LogOracle.assertEachPositionOnce(service.folder().resolve("log"));
        } finally {
            kafka.close();
            postgres.close();
        }
    }

    private static void awaitTransactions(TpcB load, long more) {
        long target = load.transactions() + more;
        Awaitility.await("transactions")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> load.transactions() >= target);
    }

    private static Map<String, FeedReader> subscribe(Service service) {
        Map<String, FeedReader> readers = new LinkedHashMap<>();
        STREAMS.keySet()
                .forEach(stream -> readers.put(stream, new FeedReader(service, "/feeds/" + stream + "?from=earliest")));
        return readers;
    }

    private static void assertFeeds(Oracle oracle, Map<String, FeedReader> readers) throws SQLException {
        for (Map.Entry<String, FeedReader> reader : readers.entrySet()) {
            String table = STREAMS.get(reader.getKey());
            try {
                Awaitility.await(table)
                        .atMost(Duration.ofSeconds(60))
                        .pollInterval(Duration.ofMillis(500))
                        .until(() ->
                                oracle.isEqual(table, reader.getValue().fold().rows()));
            } catch (org.awaitility.core.ConditionTimeoutException _) {
                oracle.assertEqual(table, reader.getValue().fold().rows());
            }
        }
    }

    private static void assertTopics(Oracle oracle, Service service, String brokers) throws SQLException {
        service.awaitNoLag(Duration.ofSeconds(60));
        for (Map.Entry<String, String> stream : STREAMS.entrySet()) {
            List<JsonNode> rows = TopicReader.rows(brokers, stream.getKey());
            oracle.assertEqual(stream.getValue(), rows);
        }
    }

    @Test
    void a_start_without_a_usable_pipeline_file_ends_with_2_and_says_why() throws Exception {
        try (Service service = Service.start(folder, "sourcce: {}\n", "localhost:1")) {
            assertThat(service.process().waitFor()).isEqualTo(2);
            assertThat(String.join("\n", service.output()))
                    .contains("delta-streams.yaml:1:1: sourcce: unknown key; did you mean 'source'?");
            Files.delete(folder.resolve("delta-streams.yaml"));
            service.restart();
            assertThat(service.process().waitFor()).isEqualTo(2);
            assertThat(String.join("\n", service.output())).contains("there is no such pipeline file");
            Files.writeString(
                    folder.resolve("delta-streams.yaml"),
                    "source: { replay: { file: none.jsonl } }\nlog: { path: service.log }\nstreams: { items: { from: public.items } }\n");
            service.restart();
            assertThat(service.process().waitFor()).isEqualTo(2);
            assertThat(String.join("\n", service.output())).contains("service.log is there and is no folder");
        }
    }

    /** A subscriber that sends its request and never reads. */
    private static final class Stalled implements AutoCloseable {

        private final Socket socket;

        private Stalled(URI uri) throws IOException {
            socket = new Socket();
            socket.setReceiveBufferSize(4096);
            socket.connect(new java.net.InetSocketAddress(uri.getHost(), uri.getPort()));
            String request = "GET " + uri.getPath() + "?" + uri.getQuery()
                    + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream never = socket.getInputStream();
            assertThat(never).isNotNull();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
