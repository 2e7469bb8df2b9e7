package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReselectionTest {

    private static final String SESSION =
            "application_name = 'delta-streams reselect' AND datname = current_database()";

    private PostgresServer server;
    private String database;
    private RecordingIntake intake;

    @BeforeAll
    void start() throws IOException {
        server = PostgresServer.start(DirectEngineFactory.create());
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    @BeforeEach
    void openDatabase() throws SQLException {
        database = server.database();
        intake = new RecordingIntake();
    }

    private RunningSource running() {
        RunningSource running =
                RunningSource.start(server.source(database, "public.*", "reselect: true", "snapshot: never"), intake);
        intake.awaitBatches(1);
        return running;
    }

    private void execute(String... commands) throws SQLException {
        server.execute(database, commands);
    }

    private void inOneTransaction(String... commands) throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String command : commands) {
                statement.execute(command);
            }
            connection.commit();
        }
    }

    private List<Row> updated() {
        return intake.changes().stream()
                .filter(change -> change instanceof Change.Update)
                .map(change -> ((Change.Update) change).after())
                .toList();
    }

    private static String large(String letter) {
        return letter.repeat(20_000);
    }

    @Test
    void a_value_of_every_type_is_what_the_log_would_have_sent() throws Exception {
        String types = "a text, b bytea, c jsonb, d text[], e int[], f numeric, g xml, h json, i hstore, j float8[],"
                + " k bytea[], l uuid[], m bit varying, o tsvector, p varchar, q inet[], r citext, s timestamptz[],"
                + " t interval[], u note";
        execute(
                "CREATE EXTENSION hstore",
                "CREATE EXTENSION citext",
                "CREATE DOMAIN note AS bytea",
                "CREATE TABLE t (id int PRIMARY KEY, n int, %s)".formatted(types));
        for (String column : types.split(", ", -1)) {
            execute("ALTER TABLE t ALTER %s SET STORAGE EXTERNAL".formatted(column.substring(0, 1)));
        }
        try (RunningSource _ = running()) {
            execute(
                    "INSERT INTO t SELECT 1, 1, x, x::bytea, to_jsonb(x), ARRAY[x, NULL], array_agg(n), repeat('7', 10000)::numeric,"
                            + " ('<a>' || x || '</a>')::xml, to_json(x), hstore('k', x), array_agg(n::float8), ARRAY[x::bytea],"
                            + " array_agg(md5(n::text)::uuid), repeat('10', 40000)::bit varying,"
                            + " (SELECT string_agg('word' || w, ' ') FROM generate_series(1, 5000) w)::tsvector, x,"
                            + " array_agg('10.0.0.1/24'::inet + n), x, array_agg('epoch'::timestamptz + n * '1 hour'::interval),"
                            + " array_agg(n * '1 month -2 s'::interval), x::bytea"
                            + " FROM generate_series(1, 5000) n, repeat('x', 20000) x GROUP BY x",
                    "UPDATE t SET n = 2");
            intake.awaitChanges("public.t", 2);
        }

        Row inserted = ((Change.Insert) intake.changes().getFirst()).after();
        Row update = updated().getFirst();
        assertThat(update.get(1)).isEqualTo(2);
        for (int column = 2; column < update.size(); column++) {
            assertThat(update.get(column))
                    .as(intake.changes()
                            .getFirst()
                            .schema()
                            .columns()
                            .get(column)
                            .name())
                    .isEqualTo(inserted.get(column));
        }
    }

    @Test
    void rows_are_found_by_all_of_a_key_also_in_partitions() throws Exception {
        execute(
                "CREATE TYPE mood AS ENUM ('sad', 'it''s ok')",
                "CREATE TABLE t (\"the mood\" mood, k char(5), at timestamptz, n int, large text, PRIMARY KEY (k, \"the mood\", at))"
                        + " PARTITION BY LIST (k)",
                "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN ('a')",
                "CREATE TABLE t_2 PARTITION OF t DEFAULT",
                "ALTER TABLE t_1 ALTER large SET STORAGE EXTERNAL",
                "ALTER TABLE t_2 ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t SELECT m, k, '2026-11-22 10:00:00.123456+01', 1, repeat(k || m, 2000)"
                        + " FROM unnest(enum_range(NULL::mood)) m, unnest('{a,b\\\\}'::text[]) k");
        try (RunningSource _ = running()) {
            execute("UPDATE t SET n = 2");
            intake.awaitChanges("public.t", 4);
        }

        assertThat(updated().stream().map(row -> row.get(4)))
                .containsExactlyInAnyOrder(
                        "asad".repeat(2000), "ait's ok".repeat(2000), "b\\sad".repeat(2000), "b\\it's ok".repeat(2000));
        assertThat(updated())
                .allSatisfy(row -> assertThat(row.get(4))
                        .isEqualTo((String.valueOf(row.get(1)).strip() + row.get(0)).repeat(2000)));
    }

    @Test
    void the_rows_of_a_transaction_keep_their_order_however_much_is_fetched() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, n int, large text)",
                "CREATE TABLE u (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE t ALTER large SET STORAGE EXTERNAL",
                "ALTER TABLE u ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t SELECT n, 0, repeat(n::text, 2000000) FROM generate_series(1, 9) n",
                "INSERT INTO u SELECT n, 0, repeat(n::text, 2500) FROM generate_series(1, 1500) n");
        try (RunningSource _ = running()) {
            inOneTransaction(
                    "UPDATE t SET n = id WHERE id < 5",
                    "UPDATE u SET n = id",
                    "INSERT INTO t VALUES (2000, 0, '20002000')",
                    "UPDATE t SET n = id WHERE id >= 5");
            intake.awaitLog(log -> !log.isEmpty() && log.getLast().complete());
        }

        assertThat(updated().stream().map(row -> row.get(0)))
                .containsExactlyElementsOf(IntStream.concat(
                                IntStream.rangeClosed(1, 4),
                                IntStream.concat(IntStream.rangeClosed(1, 1500), IntStream.of(5, 6, 7, 8, 9, 2000)))
                        .boxed()
                        .toList());
        assertThat(updated())
                .allSatisfy(row -> assertThat(String.valueOf(row.get(2))).startsWith("" + row.get(0) + row.get(0)));
        assertThat(intake.changes())
                .allMatch(change -> !(change instanceof Change.Update update)
                        || update.after().isComplete());
        assertThat(intake.changes().stream().map(change -> change.position().index()))
                .containsExactlyElementsOf(IntStream.range(0, 1511).boxed().toList());
        assertThat(intake.log().stream().filter(Transaction::complete)).hasSize(1);
        assertThat(intake.batches()).allMatch(batch -> batch.weight() < 16 << 20);
        assertThat(intake.duplicates()).isEmpty();
    }

    @Test
    void an_insert_that_a_changed_key_makes_is_completed_too() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, large text)",
                "ALTER TABLE t ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t VALUES (1, repeat('x', 20000))");
        try (RunningSource _ = running()) {
            execute("UPDATE t SET id = 2");
            intake.awaitChanges("public.t", 2);
        }

        assertThat(((Change.Insert) intake.changes().getLast()).after()).isEqualTo(Row.of(2, large("x")));
    }

    @Test
    void what_is_there_no_more_stays_unchanged() throws Exception {
        execute(
                "CREATE TABLE gone (id int PRIMARY KEY, n int, large text)",
                "CREATE TABLE altered (id int PRIMARY KEY, n int, large text)",
                "CREATE TABLE dropped (id int PRIMARY KEY, n int, large text)",
                "CREATE TABLE there (id int PRIMARY KEY, n int, large text)");
        for (String table : List.of("gone", "altered", "dropped", "there")) {
            execute(
                    "ALTER TABLE %s ALTER large SET STORAGE EXTERNAL".formatted(table),
                    "INSERT INTO %s VALUES (1, 1, repeat('x', 20000)), (2, 1, repeat('y', 20000))".formatted(table));
        }
        try (RunningSource _ = running()) {
            inOneTransaction(
                    "UPDATE gone SET n = 2",
                    "UPDATE altered SET n = 2",
                    "UPDATE dropped SET n = 2",
                    "UPDATE there SET n = 2",
                    "DELETE FROM gone WHERE id = 1",
                    "ALTER TABLE altered RENAME n TO m",
                    "DROP TABLE dropped");
            intake.awaitChanges("public.gone", 3);
        }

        Row first = Row.of(1, 2, Row.ABSENT);
        Row second = Row.of(2, 2, Row.ABSENT);
        assertThat(updated())
                .containsExactly(
                        first,
                        Row.of(2, 2, large("y")),
                        first,
                        second,
                        first,
                        second,
                        Row.of(1, 2, large("x")),
                        Row.of(2, 2, large("y")));
    }

    @Test
    void a_value_is_never_older_than_its_change() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE t ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t VALUES (1, 0, repeat('x', 20000))");
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Integer> commits = new CompletableFuture<>();
        try (RunningSource _ = running()) {
            // A commit that waits for its standby is in the log already, and nobody sees it.
            execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
            try {
                Thread.ofPlatform().daemon().start(() -> commits.completeAsync(() -> commit(enough), Runnable::run));
                await().atMost(Duration.ofSeconds(30)).until(this::isAskedForWhileACommitWaits);
                enough.set(true);
            } finally {
                execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
            }
            intake.awaitChanges("public.t", 2 * commits.join());
        }

        List<Row> updated = updated();
        for (int i = 1; i < updated.size(); i += 2) {
            assertThat(written(updated.get(i))).isGreaterThanOrEqualTo(written(updated.get(i - 1)));
        }
        assertThat(written(updated.getLast())).isEqualTo(commits.join());
    }

    /** Each writes a large value, then another column of the same row. */
    private int commit(AtomicBoolean enough) {
        int commits = 0;
        while (!enough.get()) {
            commits++;
            try {
                inOneTransaction(
                        "SET LOCAL synchronous_commit = on",
                        "UPDATE t SET large = '%d ' || repeat('x', 20000)".formatted(commits),
                        "UPDATE t SET n = %d".formatted(commits));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
        return commits;
    }

    private static int written(Row row) {
        String large = String.valueOf(row.get(2));
        return Integer.parseInt(large.substring(0, large.indexOf(' ')));
    }

    private boolean isAskedForWhileACommitWaits() throws SQLException {
        return server.text(
                        database,
                        "SELECT count(*) FROM pg_stat_activity r JOIN pg_stat_activity c USING (datname)"
                                + " WHERE r.application_name = 'delta-streams reselect' AND c.wait_event = 'SyncRep'"
                                + " AND datname = current_database() AND r.query_start > c.query_start + '100 ms'::interval")
                .equals("1");
    }

    @Test
    void a_session_that_is_killed_is_a_failure_that_heals() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE t ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t VALUES (1, 1, repeat('x', 20000))");
        RunningSource running = running();
        execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + SESSION, "UPDATE t SET n = 2");

        assertThat(running.failure().kind()).isEqualTo(SourceFailure.Kind.TRANSIENT);
        assertThat(updated()).isEmpty();
        try (RunningSource _ = running()) {
            intake.awaitChanges("public.t", 1);
        }
        assertThat(updated()).containsExactly(Row.of(1, 2, large("x")));
    }

    @Test
    void transactions_are_visible_once_they_are_behind_a_snapshot() {
        VisibleTransactions snapshot = VisibleTransactions.parse("4294967290:4294967300:4294967295,4294967298");

        assertThat(List.of("4294967290", "4294967294", "0", "1", "3")).allMatch(snapshot::sees);
        assertThat(List.of("4294967295", "2", "4", "5")).noneMatch(snapshot::sees);
        assertThat(VisibleTransactions.parse("750:750:").sees("749")).isTrue();
    }
}
