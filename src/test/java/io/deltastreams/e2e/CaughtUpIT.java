package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Files;
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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --until caught-up} as a scheduled job runs it: it ends by itself, and what the database alone says is on Kafka. */
class CaughtUpIT {

    private static final int ROWS = 100_000;

    @TempDir
    Path folder;

    /** Besides the broker's address. */
    private final Map<String, String> environment = new HashMap<>();

    /** @param said all that it printed */
    private record End(int code, String said, Duration took) {}

    private End run(String pipeline, String brokers, String... arguments) throws IOException, InterruptedException {
        Path here = Files.createDirectories(folder.resolve("service"));
        Files.writeString(here.resolve("delta-streams.yaml"), pipeline);
        Path said = Files.createTempFile(folder, "said", ".log");
        List<String> command = new ArrayList<>(Program.command(
                List.of("-Xmx512m", Program.QUICK, Program.compressing("lz4"), "-Dquarkus.http.port=0"), true));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(here.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile());
        builder.environment().put("KAFKA_BOOTSTRAP_SERVERS", brokers);
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as(() -> "it ends; it said " + text(said))
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new End(process.exitValue(), text(said), Duration.ofNanos(System.nanoTime() - start));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String pipeline(String url, String engine, String more) {
        return """
                name: job
                source: { postgresql: { url: %s, engine: %s, tables: [public.items, public.other] } }
                log: { path: log%s }
                streams:
                  items: { from: public.items, to: { kafka: { required: true } } }
                  cheap: { from: public.items, where: "amount < 10", to: { kafka: { } } }
                """.formatted(url, engine, more);
    }

    @Test
    void a_job_delivers_what_is_there_and_ends() throws Exception {
        deliversAndEnds("direct");
    }

    @Test
    @Tag("torture")
    void so_does_one_with_debeziums_engine() throws Exception {
        deliversAndEnds("debezium");
    }

    private void deliversAndEnds(String engine) throws Exception {
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"));
                Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE items (id int PRIMARY KEY, amount int NOT NULL)");
            statement.execute("CREATE TABLE other (id int PRIMARY KEY)");
            statement.execute("INSERT INTO items SELECT n, n %% 1000 FROM generate_series(1, %d) n".formatted(ROWS));
            // A log that is gone with each job: the slot and the topics are all that is left of it. Only the direct
            // reader leaves a note of the epoch.
            String pipeline =
                    pipeline(postgres.url(), engine, engine.equals("direct") ? ", durability: ephemeral" : "");

            End first = run(pipeline, broker.bootstrapServers(), "--until", "caught-up");
            System.out.printf("%s, %,d rows: %s%n", engine, ROWS, first.took());
            assertThat(first.code()).as(first.said()).isZero();
            assertThat(first.said()).contains("state=caught-up");
            assertTopics(statement, broker.bootstrapServers(), ROWS);
            assertThat(waiting(statement)).as("bytes that the slot keeps").isLessThan(1 << 20);

            // Nothing is new.
            End second = run(pipeline, broker.bootstrapServers(), "--until=caught-up", "--within", "60s");
            System.out.printf("%s, nothing new: %s%n", engine, second.took());
            assertThat(second.code()).as(second.said()).isZero();
            assertTopics(statement, broker.bootstrapServers(), ROWS);

            // While nobody captures; then also while the job runs.
            statement.execute("UPDATE items SET amount = 5 WHERE id <= 100");
            statement.execute("DELETE FROM items WHERE id BETWEEN 101 AND 150");
            statement.execute("INSERT INTO items SELECT n, 3 FROM generate_series(200001, 200050) n");
            AtomicBoolean stop = new AtomicBoolean();
            Thread writer = Thread.ofVirtual().start(() -> write(postgres, stop));
            End third = run(pipeline, broker.bootstrapServers(), "--until", "caught-up");
            stop.set(true);
            writer.join();
            assertThat(third.code()).as(third.said()).isZero();
            assertTopics(statement, broker.bootstrapServers(), ROWS + 200);
        }
    }

    /** Of a table that is captured, too, but that no stream reads. */
    private static void write(DemoPostgres postgres, AtomicBoolean stop) {
        try (Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            for (int id = 0; !stop.get(); id++) {
                statement.execute("INSERT INTO other VALUES (%d)".formatted(id));
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static long waiting(Statement statement) throws SQLException {
        try (ResultSet lag =
                statement.executeQuery("SELECT pg_current_wal_lsn() - confirmed_flush_lsn FROM pg_replication_slots")) {
            assertThat(lag.next()).isTrue();
            return lag.getLong(1);
        }
    }

    private static void assertTopics(Statement statement, String brokers, int deltas) throws Exception {
        for (String stream : List.of("items", "cheap")) {
            Map<String, String> rows = new HashMap<>();
            Set<String> positions = new HashSet<>();
            for (ConsumerRecord<byte[], byte[]> record : TopicReader.records(brokers, stream)) {
                if (record.value() == null) {
                    continue;
                }
                JsonNode delta = Fold.JSON.readTree(record.value());
                assertThat(positions.add(delta.get("position").asText()))
                        .as("%s once", delta)
                        .isTrue();
                String key = delta.at("/key/id").asText();
                if (delta.get("op").asText().equals("delete")) {
                    rows.remove(key);
                } else {
                    rows.put(key, delta.at("/after/amount").asText());
                }
            }
            if (stream.equals("items")) {
                assertThat(positions).hasSize(deltas);
            }
            assertThat(rows).as(stream).isEqualTo(table(statement, stream.equals("cheap") ? "WHERE amount < 10" : ""));
        }
    }

    private static Map<String, String> table(Statement statement, String where) throws SQLException {
        Map<String, String> rows = new HashMap<>();
        try (ResultSet result = statement.executeQuery("SELECT id, amount FROM items " + where)) {
            while (result.next()) {
                rows.put(result.getString(1), result.getString(2));
            }
        }
        return rows;
    }

    @Test
    void a_job_that_cannot_end_says_what_it_waits_for() throws Exception {
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE items (id int PRIMARY KEY, amount int NOT NULL)");
            statement.execute("CREATE TABLE other (id int PRIMARY KEY)");
            String brokers = "127.0.0.1:" + Service.freePort();

            environment.put("KAFKA_DEFAULT_API_TIMEOUT_MS", "1000");
            End late = run(pipeline(postgres.url(), "direct", ""), brokers, "--until", "caught-up", "--within", "12s");
            assertThat(late.code()).as(late.said()).isEqualTo(75);
            assertThat(late.said().lines().filter(line -> line.contains("state=late")))
                    .singleElement()
                    .asString()
                    .contains("within=PT12S", "items/kafka RETRYING: the broker at " + brokers);

            End wrong = run(pipeline(postgres.url(), "direct", ""), brokers, "--untill", "caught-up");
            assertThat(wrong.code()).isEqualTo(64);
            assertThat(wrong.said()).contains("'--untill' is no argument of this program", "--until caught-up");
            assertThat(run("", brokers, "--until", "morning"))
                    .satisfies(end -> assertThat(end.code()).isEqualTo(64))
                    .satisfies(end -> assertThat(end.said()).contains("'morning' is nothing to run until"));
            assertThat(run("source: {}", brokers, "--until", "caught-up").code())
                    .isEqualTo(2);
        }
    }
}
