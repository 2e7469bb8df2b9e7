package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two instances on one slot, none with a disk that lasts: one captures, the other stands by and takes over when it is killed, in turn and under load.
 * What is on Kafka in the end is what the database alone says: each change once, each row as it is.
 */
class StandbyIT {

    private static final int ROUNDS = Integer.getInteger("rounds", 2);
    private static final String STREAMS = """
            streams:
              accounts: { from: public.pgbench_accounts, to: { kafka: { required: true, partitions: 6, cleanup: delete } } }
              branches: { from: public.pgbench_branches, to: { kafka: { required: true } } }
              history: { from: public.pgbench_history, to: { kafka: { required: true } } }
            """;
    private static final Duration TAKEN_OVER = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    /** Two instances, and the servers that both have; one captures when the story begins. */
    private final class Pair implements AutoCloseable {

        private final int port = Service.freePort();
        private DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), port);
        private final BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"));
        private final String jdbcUrl = Jdbc.url(postgres);
        private Service captures;
        private Service waits;

        private final Layout layout;

        private Pair(Layout layout) throws IOException, SQLException {
            this.layout = layout;
            TpcB.initialize(jdbcUrl);
            captures = start("one");
            // One that is killed amid the first rows has nothing that a successor could go on from.
            awaitNote(jdbcUrl);
            waits = start("two");
        }

        private Service start(String name) throws IOException {
            return StandbyIT.this.start(name, """
                    name: standby
                    source: { postgresql: { url: %s, tables: [public.pgbench_*], slot: shared, heartbeat: 3s } }
                    log: { path: log, durability: ephemeral }
                    """.formatted(postgres.url()) + layout.outputs, broker);
        }

        private void swap() {
            Service next = waits;
            waits = captures;
            captures = next;
        }

        private void stopDatabase() {
            postgres.close();
        }

        private void startDatabase() {
            postgres = DemoPostgres.start(folder.resolve("postgres"), port);
        }

        @Override
        public void close() {
            waits.close();
            captures.close();
            broker.close();
            postgres.close();
        }
    }

    /** What the two write to. */
    enum Layout {
        OUTPUTS(STREAMS),
        /** For a third one, which has the outputs. */
        RELAY("relay: { kafka: { topic: relayed, required: true } }\n");

        private final String outputs;

        Layout(String outputs) {
            this.outputs = outputs;
        }
    }

    /** What happens to a pair in a round; when it ends, one captures and the other waits or is about to. */
    @FunctionalInterface
    private interface Round {
        void play(Pair pair) throws Exception;
    }

    /** Plays it under load, round after round; then each change is on Kafka once. */
    private void play(Layout layout, Round round) throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("StandbyIT seed " + seed);
        Random random = new Random(seed);
        try (Pair pair = new Pair(layout)) {
            try (TpcB _ = TpcB.start(pair.jdbcUrl, 3, seed, Duration.ofMillis(10))) {
                for (int number = 0; number < ROUNDS; number++) {
                    awaitState(pair.waits, "STANDBY");
                    Awaitility.await("outputs that wait for their turn")
                            .atMost(Duration.ofSeconds(60))
                            .until(() -> outputs(pair.waits).allMatch("has connected and waits for its turn"::equals));
                    pair.captures.awaitDelivered(1 + random.nextInt(300), Duration.ofSeconds(90));
                    round.play(pair);
                }
            }
            if (layout == Layout.RELAY) {
                try (Service _ = start(
                        "three",
                        "source: { kafka: { topic: relayed } }\nlog: { path: log }\n" + STREAMS,
                        pair.broker)) {
                    awaitTopics(pair.jdbcUrl, pair.broker.bootstrapServers());
                }
            } else {
                awaitTopics(pair.jdbcUrl, pair.broker.bootstrapServers());
            }
        }
    }

    @Test
    void the_second_captures_when_the_first_is_killed() throws Exception {
        play(Layout.OUTPUTS, StandbyIT::killed);
    }

    @Test
    @Tag("torture")
    void so_does_a_second_that_relays() throws Exception {
        play(Layout.RELAY, StandbyIT::killed);
    }

    private static void killed(Pair pair) throws Exception {
        long killed = System.nanoTime();
        pair.captures.kill();
        pair.waits.awaitDelivered(1, Duration.ofSeconds(60));
        Duration took = Duration.ofNanos(System.nanoTime() - killed);
        System.out.printf("taken over in %d ms%n", took.toMillis());
        assertThat(took).isLessThan(TAKEN_OVER);
        pair.captures.restart();
        pair.swap();
    }

    /** As on a machine that stands still, or whose network has gone: the server ends the session after a while, and the slot is free. */
    @ParameterizedTest
    @EnumSource(Layout.class)
    @Tag("torture")
    void the_second_captures_when_the_first_stands_still(Layout layout) throws Exception {
        play(layout, pair -> {
            Jdbc.execute(pair.jdbcUrl, "ALTER SYSTEM SET wal_sender_timeout = '3s'", "SELECT pg_reload_conf()");
            pair.captures.signal("STOP");
            pair.waits.awaitDelivered(100, Duration.ofSeconds(60));
            pair.captures.signal("CONT");
            awaitState(pair.captures, "STANDBY");
            pair.swap();
        });
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    @Tag("torture")
    void one_of_the_two_captures_when_the_database_is_back(Layout layout) throws Exception {
        play(layout, pair -> {
            pair.stopDatabase();
            awaitState(pair.captures, "RETRYING");
            awaitState(pair.waits, "RETRYING");
            pair.startDatabase();
            long before = number(pair.jdbcUrl, "SELECT count(*) FROM pgbench_history");
            Awaitility.await("what was written since")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> number(pair.jdbcUrl, "SELECT count(*) FROM pgbench_history") > before + 100);
            Awaitility.await("one that captures and one that waits")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> List.of("running standby", "standby running")
                            .contains(state(pair.captures) + " " + state(pair.waits)));
            if (state(pair.captures).equals("standby")) {
                pair.swap();
            }
        });
    }

    private Service start(String name, String pipeline, BrokerProcess broker) throws IOException {
        return Service.start(
                folder.resolve(name),
                pipeline,
                broker.bootstrapServers(),
                "-Xmx512m",
                Program.QUICK,
                Program.compressing("snappy"));
    }

    /** What the outputs and the relay say. */
    private static Stream<String> outputs(Service service) throws IOException {
        JsonNode now = service.feeds();
        return Stream.concat(
                now.get("outputs").findValuesAsText("message").stream(),
                now.get("relay").findValuesAsText("message").stream());
    }

    private static void awaitState(Service service, String state) {
        Awaitility.await(state)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> state(service).equalsIgnoreCase(state));
    }

    private static String state(Service service) throws IOException {
        return service.feeds().at("/source/status").asText();
    }

    private static long number(String jdbcUrl, String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            return number(statement, query);
        }
    }

    /** That the tables' rows have arrived, as it is noted at the database. */
    private static void awaitNote(String jdbcUrl) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            Awaitility.await("the rows' arrival")
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> number(
                                    statement,
                                    "SELECT count(*) FROM pg_description WHERE classoid = 'pg_publication'::regclass")
                            > 0);
        }
    }

    private static void awaitTopics(String jdbcUrl, String brokers) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            long transactions = number(statement, "SELECT count(*) FROM pgbench_history");
            assertThat(transactions).isPositive();
            for (String stream : List.of("accounts", "branches", "history")) {
                long rows = number(statement, "SELECT count(*) FROM pgbench_" + stream);
                awaitRecords(brokers, stream, stream.equals("history") ? rows : rows + transactions);
                Map<String, String> folded = new HashMap<>();
                Map<String, Integer> operations = new HashMap<>();
                List<String> keyless = new ArrayList<>();
                fold(TopicReader.records(brokers, stream), folded, operations, keyless);
                if (stream.equals("history")) {
                    List<String> expected = texts(statement, "SELECT aid || ' ' || delta FROM pgbench_history");
                    assertThat(keyless.stream().sorted().toList())
                            .isEqualTo(expected.stream().sorted().toList());
                } else {
                    String key = stream.equals("accounts") ? "aid" : "bid";
                    assertThat(operations).isEqualTo(Map.of("insert", (int) rows, "update", (int) transactions));
                    assertThat(Set.copyOf(folded.values()))
                            .isEqualTo(Set.copyOf(texts(
                                    statement,
                                    "SELECT %s || ' ' || %sbalance FROM pgbench_%s"
                                            .formatted(key, key.charAt(0), stream))));
                }
            }
        }
    }

    /** Besides the truncate that the load begins with. */
    private static void awaitRecords(String brokers, String topic, long expected) {
        Awaitility.await("what is in " + topic)
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertThat(TopicReader.records(brokers, topic).stream()
                                .filter(record -> !new String(record.value(), UTF_8).contains("truncate"))
                                .count())
                        .isGreaterThanOrEqualTo(expected));
    }

    private static void fold(
            List<ConsumerRecord<byte[], byte[]>> records,
            Map<String, String> rows,
            Map<String, Integer> operations,
            List<String> keyless) {
        Set<String> positions = new HashSet<>();
        Map<String, String> lastOfKey = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            JsonNode delta = parsed(record.value());
            if (delta.get("op").asText().equals("truncate")) {
                // The one that the load begins with; it stands in each partition.
                continue;
            }
            String position = delta.get("position").asText();
            assertThat(positions.add(position)).as(position + " once").isTrue();
            operations.merge(delta.get("op").asText(), 1, Integer::sum);
            JsonNode after = delta.get("after");
            if (record.key() == null) {
                keyless.add(after.get("aid").asText() + " " + after.get("delta").asText());
                continue;
            }
            String key = new String(record.key(), UTF_8);
            String before = lastOfKey.put(key, position);
            assertThat(before == null || before.compareTo(position) < 0).as(key).isTrue();
            String id = after.has("aid") ? "aid" : "bid";
            rows.put(
                    key,
                    after.get(id).asText() + " "
                            + after.get(id.charAt(0) + "balance").asText());
        }
    }

    private static JsonNode parsed(byte[] value) {
        try {
            return Fold.JSON.readTree(value);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long number(Statement statement, String query) throws SQLException {
        return Long.parseLong(texts(statement, query).getFirst());
    }

    private static List<String> texts(Statement statement, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                texts.add(result.getString(1));
            }
        }
        return texts;
    }
}
