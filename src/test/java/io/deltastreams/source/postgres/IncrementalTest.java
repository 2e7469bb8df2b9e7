package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Fold;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
import io.deltastreams.source.TableSnapshots.State;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IncrementalTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private PostgresServer server;
    private String database;
    private RecordingIntake intake;

    @BeforeAll
    void start() throws IOException {
        server = PostgresServer.start(new DirectPostgres.Factory());
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

    /** A source that runs, and its way to read tables again. */
    private record Running(ChangeSource source, RunningSource run) implements AutoCloseable {

        TableSnapshots snapshots() {
            return await().atMost(PATIENCE).ignoreException(Refused.class).until(source::snapshots, found -> true);
        }

        @Override
        public void close() {
            run.close();
        }
    }

    private Running running(String tables, String... more) {
        ChangeSource source = server.source(database, tables, more);
        return new Running(source, RunningSource.start(source, intake));
    }

    private void execute(String... commands) throws SQLException {
        server.execute(database, commands);
    }

    private static void awaitDone(TableSnapshots snapshots) {
        await().atMost(PATIENCE)
                .until(() -> snapshots.status().tables().stream().allMatch(table -> table.state() == State.DONE));
    }

    private SortedMap<String, List<String>> rows(String table) throws SQLException {
        return server.rows(database, table);
    }

    private List<Change> read(String table) {
        return intake.log().stream()
                .filter(transaction -> transaction.kind() == Transaction.Kind.SNAPSHOT)
                .flatMap(transaction -> transaction.changes().stream())
                .filter(change -> change.schema().relation().text().equals(table))
                .toList();
    }

    @Test
    void a_table_added_later_is_read_while_changes_come() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY, n int)", "INSERT INTO a VALUES (1, 1)");
        try (Running running = running("public.a")) {
            running.snapshots();
        }
        execute(
                "CREATE TABLE b (id int PRIMARY KEY, n int)",
                "INSERT INTO b SELECT n, n FROM generate_series(1, 20000) n");

        // when
        try (Running running = running("public.*")) {
            awaitDone(running.snapshots());
            execute("UPDATE b SET n = 0 WHERE id = 7");
            intake.awaitChanges("public.b", 20_001);
        }

        // then
        assertThat(Fold.of(intake.changes("public.b"))).isEqualTo(rows("b"));
        assertThat(read("public.b")).hasSize(20_000);
        assertThat(read("public.a")).hasSize(1);
        assertThat(intake.changes()).allMatch(change -> change.position().epoch() == 1);
    }

    @Test
    void a_snapshot_in_chunks_needs_no_other() throws Exception {
        // given
        execute(
                "CREATE TABLE a (id int PRIMARY KEY, n int)",
                "INSERT INTO a SELECT n, n FROM generate_series(1, 3000) n",
                "CREATE TABLE empty (id int PRIMARY KEY)");

        // when
        try (Running running = running("public.*", "snapshot: incremental")) {
            awaitDone(running.snapshots());
            intake.awaitChanges("public.a", 3000);
        }

        // then
        assertThat(Fold.of(intake.changes("public.a"))).isEqualTo(rows("a"));
    }

    @Test
    void a_snapshot_in_chunks_behind_a_lost_slot_takes_back_what_was_there() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY, n int)", "INSERT INTO a VALUES (1, 1), (2, 2)");
        try (Running running = running("public.a", "snapshot: incremental")) {
            awaitDone(running.snapshots());
        }
        await().ignoreExceptions().atMost(PATIENCE).until(() -> {
            execute("SELECT pg_drop_replication_slot('" + database + "')");
            return true;
        });
        execute("DELETE FROM a WHERE id = 1");

        // when
        try (Running running = running("public.a", "snapshot: incremental")) {
            awaitDone(running.snapshots());
        }

        // then
        assertThat(Fold.of(intake.changes("public.a"))).isEqualTo(rows("a"));
        assertThat(intake.changes().getLast().position().epoch()).isEqualTo(2);
    }

    @Test
    void keys_of_every_kind_are_read_in_their_order() throws Exception {
        // given
        execute(
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
                "CREATE TABLE t (a text COLLATE \"C\", b mood, c timestamptz, d numeric, n int, PRIMARY KEY (a, b, c, d))",
                "INSERT INTO t SELECT CASE n % 4 WHEN 0 THEN '' WHEN 1 THEN 'it''s, \\' WHEN 2 THEN 'a=b:c' ELSE E'\\u00e4 %' END,"
                        + " (ARRAY['sad', 'ok', 'happy'])[1 + n % 3]::mood, '2026-01-01'::timestamptz + n % 5 * interval '1 us',"
                        + " n / 100.0, n FROM generate_series(1, 12000) n",
                "CREATE TABLE u (id uuid, \"odd \"\" name\" bytea, f float8, PRIMARY KEY (\"odd \"\" name\", f, id))",
                "INSERT INTO u SELECT gen_random_uuid(), decode(md5((n % 7)::text), 'hex'), n / 3.0 FROM generate_series(1, 12000) n");

        // when
        try (Running running = running("public.*", "snapshot: incremental")) {
            awaitDone(running.snapshots());
        }

        // then nothing comes twice, and nothing is left out
        assertThat(read("public.t")).hasSize(12_000);
        assertThat(read("public.u")).hasSize(12_000);
        assertThat(Fold.of(intake.changes("public.t"))).hasSize(12_000);
        assertThat(Fold.of(intake.changes("public.u"))).hasSize(12_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void what_is_written_meanwhile_wins_through_restarts(int nth) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        // given large values, which updates of other columns do not send again
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, n int, large text) PARTITION BY RANGE (id)",
                "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (20000)",
                "CREATE TABLE t2 PARTITION OF t DEFAULT",
                "ALTER TABLE t1 ALTER large SET STORAGE EXTERNAL",
                "CREATE TABLE first (id int PRIMARY KEY)");
        try (Running running = running("public.first")) {
            running.snapshots();
        }
        execute("INSERT INTO t SELECT n, n, CASE WHEN n % 20 = 0 THEN repeat(md5(n::text), 100) ELSE 'x' END"
                + " FROM generate_series(1, 40000) n");

        // when
        CompletableFuture<Void> stop = new CompletableFuture<>();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(new Random(seed), stop));
        for (int restart = 0; restart < 3; restart++) {
            try (Running running = running("public.*")) {
                TableSnapshots snapshots = running.snapshots();
                long chunks = read("public.t").size() + 1L + random.nextInt(15_000);
                await().atMost(PATIENCE)
                        .until(() -> read("public.t").size() >= chunks
                                || snapshots.status().tables().stream().allMatch(table -> table.state() == State.DONE));
            }
        }
        try (Running running = running("public.*")) {
            awaitDone(running.snapshots());
            stop.complete(null);
            writer.join();
            execute("INSERT INTO first VALUES (1)");
            intake.awaitChanges("public.first", 1);
        }

        // then
        assertThat(differing(Fold.upserting(intake.changes("public.t")), rows("t")))
                .as("seed %d, round %d", seed, nth)
                .isEmpty();
        Set<String> whole = new HashSet<>();
        Set<String> lacking = new HashSet<>();
        for (Change change : intake.changes("public.t")) {
            switch (change) {
                case Change.Insert insert -> whole.add(key(insert.after()));
                case Change.Update update -> (update.after().isComplete() ? whole : lacking).add(key(update.after()));
                case Change.Delete delete -> whole.add(key(delete.before()));
                case Change.Truncate _ -> {}
            }
        }
        assertThat(whole)
                .as("seed %d: rows that came with all values, or went", seed)
                .containsAll(lacking);
    }

    private static String key(Row row) {
        return String.valueOf(row.get(0));
    }

    /** The keys of rows that are not the same in both. */
    private static List<String> differing(
            SortedMap<String, List<String>> some, SortedMap<String, List<String>> others) {
        Set<String> keys = new TreeSet<>(some.keySet());
        keys.addAll(others.keySet());
        return keys.stream()
                .filter(key -> !Objects.equals(some.get(key), others.get(key)))
                .map(key -> "%s, not %s".formatted(shown(some.get(key)), shown(others.get(key))))
                .toList();
    }

    private static String shown(@Nullable List<String> row) {
        return row == null
                ? "nothing"
                : row.stream()
                        .map(value -> value.substring(0, Math.min(20, value.length())))
                        .toList()
                        .toString();
    }

    private void write(Random random, CompletableFuture<Void> stop) {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            int moved = 0;
            while (!stop.isDone()) {
                int id = random.nextInt(40_500);
                statement.execute(
                        switch (random.nextInt(6)) {
                            case 0 -> "DELETE FROM t WHERE id = " + id;
                            case 1 -> "UPDATE t SET large = repeat('y', 5000) WHERE id = " + id;
                            case 2 -> "UPDATE t SET n = -n WHERE id BETWEEN %d AND %d".formatted(id, id + 20);
                            case 3 -> "UPDATE t SET id = %d WHERE id = %d".formatted(1_000_000 + moved++, id);
                            case 4 -> "INSERT INTO t VALUES (%d, 0, 'new') ON CONFLICT DO NOTHING".formatted(id);
                            default -> "UPDATE t SET n = n + 1 WHERE id = " + id / 20 * 20;
                        });
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void an_update_without_its_large_value_does_not_cost_a_new_reader_the_value() throws Exception {
        // given a window that a long copy holds open
        execute(
                "CREATE TABLE a (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE a ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO a SELECT n, 0, repeat(md5(n::text), 100) FROM generate_series(1, 900) n",
                "CREATE TABLE first (id int PRIMARY KEY)");
        try (Running running = running("public.first")) {
            running.snapshots();
        }
        try (Connection blocker = server.connect(database);
                Statement blocking = blocker.createStatement();
                Running running = running("public.*")) {
            TableSnapshots snapshots = running.snapshots();
            awaitDone(snapshots);
            blocker.setAutoCommit(false);
            blocking.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> request(snapshots, "public.a"));
            await().atMost(PATIENCE).until(this::somebodyWaits);
            int before = intake.changes("public.a").size();
            blocking.execute("UPDATE a SET n = 1 WHERE id % 2 = 0");
            blocker.commit();
            request.join();
            awaitDone(snapshots);
            intake.awaitChanges("public.a", before + 900);

            // then every changed row came again, whole
            List<Change> changes = intake.changes("public.a");
            assertThat(differing(Fold.upserting(changes.subList(before, changes.size())), rows("a")))
                    .isEmpty();
        }
    }

    private boolean somebodyWaits() throws SQLException {
        return server.text(database, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
                .equals("t");
    }

    private static void request(TableSnapshots snapshots, String table) {
        try {
            snapshots.request(List.of(table));
        } catch (Refused | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_truncate_meanwhile_takes_what_was_read_with_it() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a SELECT n FROM generate_series(1, 500) n");
        try (Connection blocker = server.connect(database);
                Statement blocking = blocker.createStatement();
                Running running = running("public.a")) {
            TableSnapshots snapshots = running.snapshots();
            blocker.setAutoCommit(false);
            blocking.execute("TRUNCATE a");
            CompletableFuture<Void> request = CompletableFuture.runAsync(() -> request(snapshots, "public.a"));
            await().atMost(PATIENCE).until(this::somebodyWaits);
            blocking.execute("INSERT INTO a VALUES (1000)");
            blocker.commit();
            request.join();
            awaitDone(snapshots);
        }

        // then
        assertThat(Fold.upserting(intake.changes("public.a"))).isEqualTo(rows("a"));
    }

    @Test
    void it_is_paused_over_a_restart_and_goes_on_where_it_was() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a SELECT n FROM generate_series(1, 100000) n");
        int before;
        try (Running running = running("public.a")) {
            TableSnapshots snapshots = running.snapshots();
            before = intake.changes().size();
            snapshots.request(List.of("public.a"));
            intake.awaitChanges("public.a", before + 1);
            snapshots.pause();
            assertThat(snapshots.status().paused()).isTrue();
        }
        int paused = intake.changes().size();

        // when
        try (Running running = running("public.a")) {
            TableSnapshots snapshots = running.snapshots();
            assertThat(snapshots.status().paused()).isTrue();
            execute("INSERT INTO a VALUES (0)");
            intake.awaitChanges("public.a", paused + 1);
            assertThat(read("public.a")).hasSize(paused);
            snapshots.resume();
            awaitDone(snapshots);
        }

        // then no row is read twice
        assertThat(read("public.a")).hasSize(before + 100_000);
        assertThat(paused).isLessThan(before + 100_000);
    }

    @Test
    void what_is_cancelled_stays_so() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a SELECT n FROM generate_series(1, 1000) n");
        try (Running running = running("public.a")) {
            TableSnapshots snapshots = running.snapshots();
            snapshots.pause();
            snapshots.request(List.of("public.a"));

            // when
            snapshots.cancel();
            snapshots.resume();
        }

        // then
        try (Running running = running("public.a")) {
            assertThat(running.snapshots().status()).isEqualTo(TableSnapshots.Status.NONE);
        }
        assertThat(read("public.a")).hasSize(1000);
    }

    @Test
    void the_shape_that_a_table_has_when_it_is_read_is_told() throws Exception {
        // given
        execute(
                "CREATE TABLE a (id int PRIMARY KEY, n int)",
                "INSERT INTO a SELECT n, n FROM generate_series(1, 100) n");
        try (Running running = running("public.a")) {
            TableSnapshots snapshots = running.snapshots();
            execute("ALTER TABLE a ADD COLUMN more text DEFAULT 'there'");

            // when
            snapshots.request(List.of("public.a"));
            awaitDone(snapshots);
            execute("UPDATE a SET n = 0 WHERE id = 1");
            intake.awaitChanges("public.a", 201);
        }

        // then
        assertThat(Fold.upserting(intake.changes("public.a"))).isEqualTo(rows("a"));
        assertThat(intake.changes().stream().map(change -> change.schema().version()))
                .containsOnly(1, 2);
    }

    @Test
    void rows_that_are_large_come_in_small_chunks() throws Exception {
        // given
        execute(
                "CREATE TABLE a (id int PRIMARY KEY, large text)",
                "INSERT INTO a SELECT n, 'x' FROM generate_series(1, 30000) n",
                "INSERT INTO a SELECT n, repeat(md5(n::text), 10000) FROM generate_series(30001, 30200) n");

        // when
        try (Running running = running("public.a", "snapshot: incremental")) {
            awaitDone(running.snapshots());
        }

        // then
        assertThat(read("public.a")).hasSize(30_200);
        assertThat(intake.log()).allMatch(transaction -> transaction.weight() < 20 << 20);
    }

    @Test
    void a_commit_that_others_do_not_see_yet_is_waited_for() throws Exception {
        // given a server that shows a commit to others only when a standby has it
        try (PostgresServer waiting = PostgresServer.start(new DirectPostgres.Factory())) {
            server.close();
            server = waiting;
            database = server.database();
            execute("CREATE TABLE a (id int PRIMARY KEY, n int)", "INSERT INTO a VALUES (1, 1)");
            try (Running running = running("public.a")) {
                TableSnapshots snapshots = running.snapshots();
                server.execute(
                        "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
                await().until(() ->
                        server.text(database, "SHOW synchronous_standby_names").equals("nobody"));
                CompletableFuture<Void> updates = CompletableFuture.runAsync(this::updateUntilOneWaits);
                await().atMost(PATIENCE)
                        .until(() -> server.text(
                                        database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                                .equals("1"));
                SortedMap<String, List<String>> seen = rows("a");
                await().atMost(PATIENCE)
                        .until(() -> !Fold.of(intake.changes("public.a")).equals(seen));

                // when
                request(snapshots, "public.a");
                await().during(Duration.ofMillis(500))
                        .until(() -> read("public.a").size() == 1);

                // then it is read once that commit is seen
                server.execute("postgres", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
                updates.join();
                awaitDone(snapshots);
                assertThat(Fold.upserting(intake.changes("public.a"))).isEqualTo(rows("a"));
            }
        } finally {
            start();
        }
    }

    private void updateUntilOneWaits() {
        try {
            long begun;
            do {
                begun = System.nanoTime();
                execute("SET synchronous_commit = on", "UPDATE a SET n = n + 1");
            } while (System.nanoTime() - begun < Duration.ofMillis(400).toNanos());
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void what_cannot_be_read_is_refused() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE keyless (id int)");
        try (Running running = running("public.*")) {
            TableSnapshots snapshots = running.snapshots();

            // when, then
            assertThatThrownBy(() -> snapshots.request(List.of("public.b")))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("'public.b' matches no captured table")
                    .extracting(e -> ((Refused) e).reason())
                    .isEqualTo(Reason.WRONG);
            assertThatThrownBy(() -> snapshots.request(List.of("public.a", "public.keyless")))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("public.keyless has no key");
            assertThat(snapshots.status().tables()).isEmpty();
        }
    }

    @Test
    void a_table_that_is_gone_is_given_up_with_its_reason() throws Exception {
        // given
        execute("CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)");
        try (Running running = running("public.*")) {
            TableSnapshots snapshots = running.snapshots();
            execute("DROP TABLE b");

            // when
            snapshots.request(List.of("public.b", "public.a"));

            // then
            awaitDone(snapshots);
            assertThat(snapshots.status().message()).contains("public.b is gone");
            assertThat(snapshots.status().tables()).hasSize(1);
        }
    }

    @Test
    void a_table_without_key_does_not_go_with_a_snapshot_in_chunks() throws Exception {
        // given
        execute("CREATE TABLE keyless (id int)");

        // when, then
        try (ChangeSource source = server.source(database, "public.*", "snapshot: incremental")) {
            assertThatThrownBy(source::inspect)
                    .isInstanceOf(SourceFailure.class)
                    .hasMessageContaining("public.keyless has none");
        }
    }
}
