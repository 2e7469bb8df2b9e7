package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Acknowledgement;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.RecordingIntake;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages as a server makes them, in every version of the protocol that we speak, whole and damaged. */
class ProtocolTest {

    /** Behind everything. */
    private static final ResumePoint END = new ResumePoint(1, Long.MAX_VALUE, true);

    private static PostgresServer server;
    private static String database;
    private static Connection connection;

    @BeforeAll
    static void start() throws Exception {
        server = PostgresServer.start(new DirectPostgres.Factory());
        database = server.database();
        server.execute(
                database,
                // Only what is flushed is sent.
                "SET synchronous_commit = on",
                "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "CREATE TABLE t (id int PRIMARY KEY, name text, n numeric, at timestamptz, m mood, a int[], large text)",
                "CREATE TABLE whole (id int PRIMARY KEY, name text)",
                "ALTER TABLE whole REPLICA IDENTITY FULL",
                "CREATE PUBLICATION p FOR TABLE t, whole",
                "CREATE DOMAIN cents AS numeric(20,2)",
                "CREATE TABLE forms (id bigint PRIMARY KEY, b bool, i2 int2, i4 int4, o oid, f4 float4, f8 float8, t text,"
                        + " v varchar(9), c char(5), n name, j json, jb jsonb, x bytea, u uuid, d date, ti time, ts timestamp,"
                        + " tz timestamptz, nu numeric, n2 numeric(30,10), m mood, do_ cents)",
                "ALTER TABLE forms REPLICA IDENTITY FULL",
                "CREATE PUBLICATION q FOR TABLE forms",
                "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
                "INSERT INTO t SELECT i, 'name ' || i, i / 3.0, now(), 'ok', ARRAY[i, NULL], repeat('large', 2000)"
                        + " FROM generate_series(1, 20) i",
                "INSERT INTO whole VALUES (1, 'a'), (2, NULL)",
                "UPDATE t SET name = NULL, n = 'NaN' WHERE id < 5",
                "UPDATE t SET id = 100 WHERE id = 6",
                "UPDATE whole SET name = 'b'",
                "DELETE FROM whole WHERE id = 1",
                "DELETE FROM t WHERE id = 7",
                "SELECT pg_logical_emit_message(false, 'somebody', 'else')",
                "SELECT pg_logical_emit_message(true, 'somebody', 'else')",
                "ALTER TABLE whole ADD more int DEFAULT 7",
                "INSERT INTO whole VALUES (3, 'c', 8)",
                "TRUNCATE whole",
                "INSERT INTO forms SELECT i, i % 2 = 0, i, -i, i * 1000000, i / 3.0, -i / 7.0, 'text ' || i, 'v' || i, 'c', 'name',"
                        + " '{\"a\" : 1}', '{\"a\" : 1}', sha256(i::text::bytea), md5(i::text)::uuid, date '2000-01-01' + i * 400,"
                        + " time '00:00:00.000001' + i * interval '1 minute', timestamp '1999-12-31 23:59:59.999999' - i * interval '100 days',"
                        + " now() + i * interval '1.5 hours', (-1) ^ i * i ^ 20 / 10 ^ i, i * 12345.678901, 'ok', i / 100.0"
                        + " FROM generate_series(1, 60) i",
                "INSERT INTO forms (id, d, ts, tz, nu, f4, f8) VALUES (-1, 'infinity', '-infinity', 'infinity', 'NaN', 'NaN', '-Infinity'),"
                        + " (-2, '4713-01-01 BC', '4713-01-01 00:00:00 BC', '294276-12-31 23:59:59.999999+00', '-Infinity', '-0', '1e-300'),"
                        + " (-3, '5874897-12-31', '0001-01-01', '0001-01-01 BC', '0.000000000000000000000000001', 1, 1),"
                        + " (-4, NULL, NULL, NULL, '-123456789012345678901234567890.1234500', 1, 1), (-5, NULL, NULL, NULL, '0.00', 1, 1),"
                        + " (-6, NULL, NULL, NULL, 10000, 1, 1), (-7, NULL, NULL, NULL, '1.10', 1, 1)",
                "UPDATE forms SET nu = nu + 1, m = 'sad' WHERE id > 50",
                "DELETE FROM forms WHERE id % 10 = 0");
        connection = server.connect(database);
        try (Statement statement = connection.createStatement()) {
            // Beyond that memory the server sends a transaction before its commit.
            statement.execute("SET synchronous_commit = on");
            statement.execute("SET logical_decoding_work_mem = '64kB'");
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO whole SELECT i, 'streamed', 1 FROM generate_series(10, 1500) i");
            statement.execute("SELECT pg_logical_emit_message(true, 'somebody', 'between')");
            statement.execute("SAVEPOINT a");
            statement.execute("INSERT INTO whole SELECT i, 'rolled back', 1 FROM generate_series(5000, 6500) i");
            statement.execute("ROLLBACK TO a");
            statement.execute("INSERT INTO whole SELECT i, 'streamed', 1 FROM generate_series(3001, 3010) i");
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        server.close();
    }

    private static List<byte[]> messages(int version, String... more) throws SQLException {
        return messages("p", version, more);
    }

    private static List<byte[]> messages(String publication, int version, String... more) throws SQLException {
        String options = "'proto_version', '%d', 'publication_names', '%s'%s"
                .formatted(
                        version,
                        publication,
                        Arrays.stream(more).map(", '%s'"::formatted).reduce("", String::concat));
        List<byte[]> messages = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT data FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL, " + options + ")")) {
            while (rows.next()) {
                messages.add(rows.getBytes(1));
            }
        }
        return messages;
    }

    private static final PostgresSettings SETTINGS = PostgresSettings.read(
            Settings.parse("test.yaml", "url: postgresql://localhost/none\ntables: [public.t]", _ -> null));
    private static final Preparation.Captured CAPTURED = new Preparation.Captured(List.of(), Map.of(), Map.of());

    /** What came, and what ended it: empty if that was the end of the messages. */
    private record Outcome(List<Change> changes, Optional<Throwable> failure) {}

    private static Outcome read(List<byte[]> messages) throws Exception {
        return read(messages.iterator(), new RecordingIntake());
    }

    private static Outcome read(Iterator<byte[]> messages, RecordingIntake intake) throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Catalog catalog = Catalog.over(connection);
        List<TableId> tables =
                List.of(new TableId("public", "t"), new TableId("public", "whole"), new TableId("public", "forms"));
        Shapes shapes = new Shapes(catalog, tables, List.of(), List.of());
        ResumePoint start = new ResumePoint(1, 0, true);
        try (Incremental incremental = Incremental.start(SETTINGS, CAPTURED, shapes, intake, start);
                Conveyor conveyor = new Conveyor(
                        intake,
                        new Acknowledgement<>(intake),
                        Optional.empty(),
                        incremental.window(),
                        Optional.empty(),
                        failure::complete)) {
            LogReader reader = new LogReader(
                    new ScriptedStream(messages),
                    shapes,
                    new LogicalMessages(List.of("somebody")),
                    conveyor,
                    AlreadyRead.of("", tables, catalog),
                    incremental,
                    start,
                    Duration.ZERO);
            try {
                reader.read();
            } catch (ScriptedStream.EndOfScript _) {
                conveyor.put(List.of(), END, END, () -> {});
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> failure.isDone()
                                || intake.kept().filter(END.token()::equals).isPresent());
            } catch (RuntimeException e) {
                failure.complete(e);
            }
            return new Outcome(intake.changes(), Optional.ofNullable(failure.getNow(null)));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, off", "2, off", "2, on", "3, on", "4, on", "4, parallel"})
    void every_version_of_the_protocol_brings_the_same_changes(int version, String streaming) throws Exception {
        Outcome expected = read(messages(1, "messages", "true"));
        assertThat(expected.failure()).isEmpty();
        assertThat(expected.changes()).hasSize(20 + 2 + 4 + 2 + 2 + 1 + 1 + 1 + 1 + 1 + 1 + 1491 + 1 + 10);

        Outcome outcome = read(
                version == 1
                        ? messages(1, "messages", "true")
                        : messages(version, "streaming", streaming, "messages", "true"));

        assertThat(outcome.failure()).isEmpty();
        assertThat(outcome.changes()).isEqualTo(expected.changes());
    }

    @Test
    void values_in_binary_form_are_those_of_their_texts() throws Exception {
        Outcome texts = read(messages("q", 4));
        assertThat(texts.failure()).isEmpty();
        assertThat(texts.changes()).hasSize(60 + 7 + 10 + 6);

        Outcome binaries = read(messages("q", 4, "binary", "true"));

        assertThat(binaries.failure()).isEmpty();
        assertThat(binaries.changes()).isEqualTo(texts.changes());
    }

    @Test
    void a_value_in_a_binary_form_that_is_not_read_is_told() throws Exception {
        Outcome outcome = read(messages(4, "binary", "true", "messages", "true"));

        assertThat(outcome.changes()).isEmpty();
        assertThat(outcome.failure())
                .get()
                .extracting(Throwable::getMessage)
                .asString()
                .contains("column 'a' of public.t in binary form, which is not read of type ");
    }

    @Test
    void what_is_committed_goes_on_although_more_is_always_pending() throws Exception {
        RecordingIntake intake = new RecordingIntake();
        Iterator<byte[]> whole = messages(1).iterator();
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        int[] commits = {0};
        // Two transactions with rows, the second right behind the first, then something without an end: an origin says
        // nothing.
        Iterator<byte[]> endless = new Iterator<>() {
            @Override
            public boolean hasNext() {
                return intake.changes().size() < 22 && System.nanoTime() < end;
            }

            @Override
            public byte[] next() {
                if (commits[0] == 2) {
                    return new byte[] {'O'};
                }
                byte[] message = whole.next();
                if (message[0] == 'C') {
                    commits[0]++;
                }
                return message;
            }
        };

        read(endless, intake);

        assertThat(System.nanoTime()).as("time").isLessThan(end);
        assertThat(intake.changes()).hasSize(22);
    }

    @Test
    void a_message_that_ends_early_is_an_error_or_changes_nothing() throws Exception {
        List<byte[]> whole = messages(4, "streaming", "on", "messages", "true");
        List<Change> expected = read(whole).changes();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int failed = 0;
        for (int trial = 0; trial < 200; trial++) {
            int at = random.nextInt(Math.min(whole.size(), trial % 2 == 0 ? 80 : whole.size()));
            byte[] message = whole.get(at);
            List<byte[]> damaged = new ArrayList<>(whole);
            damaged.set(at, Arrays.copyOf(message, random.nextInt(message.length)));

            Outcome outcome = read(damaged);

            if (outcome.failure().isPresent()) {
                failed++;
                assertThat(outcome.failure().get())
                        .as("seed %d, trial %d", seed, trial)
                        .isInstanceOf(ProtocolViolation.class)
                        .hasMessageContaining("does not read: ");
                assertThat(outcome.changes())
                        .as("seed %d, trial %d", seed, trial)
                        .isEqualTo(expected.subList(0, outcome.changes().size()));
            } else {
                assertThat(outcome.changes())
                        .as("seed %d, trial %d", seed, trial)
                        .isEqualTo(expected);
            }
        }
        assertThat(failed).isGreaterThan(100);
    }

    @Test
    void a_damaged_byte_is_an_error_or_a_row_that_fits_its_schema() throws Exception {
        List<byte[]> whole = messages(4, "streaming", "on", "messages", "true");
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int trial = 0; trial < 200; trial++) {
            int at = random.nextInt(Math.min(whole.size(), 80));
            byte[] message = whole.get(at).clone();
            message[random.nextInt(Math.min(message.length, 200))] ^= (byte) (1 << random.nextInt(8));
            List<byte[]> damaged = new ArrayList<>(whole);
            damaged.set(at, message);

            Outcome outcome = read(damaged);

            if (outcome.failure().isPresent()) {
                assertThat(outcome.failure().get())
                        .as("seed %d, trial %d", seed, trial)
                        .isInstanceOf(ProtocolViolation.class);
            }
            for (Change change : outcome.changes()) {
                if (change instanceof Change.Insert insert) {
                    assertThat(insert.after().size())
                            .isEqualTo(insert.schema().columns().size());
                    values(insert.after());
                }
            }
        }
    }

    private static void values(Row row) {
        for (int column = 0; column < row.size(); column++) {
            if (row.has(column)) {
                row.get(column);
            }
        }
    }
}
