package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.replication.LogSequenceNumber;

/** What every reader of PostgreSQL does, beyond the port's contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PostgresSourceContract {

    protected RecordingIntake intake;
    protected PostgresServer server;
    protected String database;

    private final ChangeSource.Factory factory;

    protected PostgresSourceContract(ChangeSource.Factory factory) {
        this.factory = factory;
    }

    protected PostgresVersion version() {
        return PostgresVersion.V18;
    }

    @BeforeAll
    void start() throws IOException {
        server = PostgresServer.start(factory, version());
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

    protected void execute(String... commands) throws SQLException {
        server.execute(database, commands);
    }

    protected RunningSource running(String tables, String... more) {
        server.awaitNoClaim(database);
        return RunningSource.start(server.source(database, tables, more), intake);
    }

    protected long flushed() throws SQLException {
        String lsn = server.text(
                database,
                "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '%s'".formatted(database));
        return LogSequenceNumber.valueOf(lsn).asLong();
    }

    /** The server's process that served a source may need a moment to notice that it has ended. */
    private void awaitIdleSlot() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> server.text(
                                database,
                                "SELECT active FROM pg_replication_slots WHERE slot_name = '%s'".formatted(database))
                        .equals("f"));
    }

    protected void awaitStreaming() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> intake.batches().stream()
                        .anyMatch(batch -> batch.resume().text().contains("complete")));
    }

    @Test
    void a_commit_is_the_end_of_the_commit_record_as_pgoutput_tells_it() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY)");
        List<Long> told = new ArrayList<>();
        try (RunningSource _ = running("public.t")) {
            awaitStreaming();
            execute("SELECT pg_create_logical_replication_slot('peek_" + database + "', 'pgoutput')");
            execute("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2), (3)", "DELETE FROM t");
            intake.awaitChanges("public.t", 6);

            // when
            try (Connection connection = server.connect(database);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "SELECT data FROM pg_logical_slot_get_binary_changes('peek_%s', NULL, NULL, 'proto_version', '1', 'publication_names', 'delta_streams')"
                                    .formatted(database))) {
                while (rows.next()) {
                    byte[] message = rows.getBytes(1);
                    if (message[0] == 'C') {
                        told.add(ByteBuffer.wrap(message).getLong(1 + 1 + 8));
                    }
                }
            }
            execute("SELECT pg_drop_replication_slot('peek_" + database + "')");
        }

        // then
        assertThat(intake.log().stream().map(transaction -> transaction.first().commit()))
                .hasSize(3)
                .isEqualTo(told);
    }

    @Test
    void the_server_learns_only_of_what_is_durable() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (0)");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            intake.nothingMoreIsDurable();
            for (int id = 1; id <= 3; id++) {
                execute("INSERT INTO t VALUES (" + id + ")");
                intake.awaitChanges("public.t", id + 1);
            }
            int idle = intake.batches().size();

            // when heartbeats come, but nothing becomes durable
            await().atMost(Duration.ofSeconds(30)).until(() -> intake.batches().size() >= idle + 3);
            List<Transaction> log = intake.log();
            assertThat(flushed()).isLessThan(log.get(1).first().commit());

            // when the first becomes durable
            intake.durableUpTo(log.get(1).last());
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> flushed() >= log.get(1).first().commit());
            assertThat(flushed()).isLessThan(log.get(2).first().commit());

            // when all are
            intake.durableUpTo(log.get(3).last());
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> flushed() > log.get(3).first().commit());
        }
    }

    @Test
    void an_idle_database_does_not_hold_the_log_of_the_others_back() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY)");
        String other = server.database();
        server.execute(other, "CREATE TABLE busy (id serial, filler text)");
        try (RunningSource _ = running("public.t")) {
            awaitStreaming();

            // when
            server.execute(
                    other,
                    "INSERT INTO busy (filler) SELECT repeat('x', 100) FROM generate_series(1, 20000)",
                    "CHECKPOINT");
            long written = LogSequenceNumber.valueOf(server.text(other, "SELECT pg_current_wal_lsn()"))
                    .asLong();

            // then
            await().atMost(Duration.ofSeconds(30)).until(() -> flushed() > written);
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                // A slot's restart_lsn moves with what a checkpoint writes of running transactions, else every 15 s
                // only.
                server.execute(other, "CHECKPOINT");
                return server.text(
                                other,
                                "SELECT restart_lsn > '%s' FROM pg_replication_slots WHERE slot_name = '%s'"
                                        .formatted(
                                                LogSequenceNumber.valueOf(written)
                                                        .asString(),
                                                database))
                        .equals("t");
            });
        }
        assertThat(intake.log()).isEmpty();
    }

    @Test
    void a_huge_transaction_comes_in_parts_of_one_commit() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)");
        try (RunningSource _ = running("public.t")) {
            awaitStreaming();
            execute("INSERT INTO t SELECT n, 'the name of row ' || n FROM generate_series(1, 300000) n");
            intake.awaitLog(log -> !log.isEmpty() && log.getLast().complete());
        }

        List<Transaction> parts = intake.log();
        assertThat(parts).hasSizeGreaterThan(3);
        assertThat(parts.subList(0, parts.size() - 1)).noneMatch(Transaction::complete);
        assertThat(parts)
                .allMatch(part ->
                        part.first().commit() == parts.getFirst().first().commit());
        assertThat(intake.changes().stream()
                        .mapToInt(change -> change.position().index())
                        .toArray())
                .isEqualTo(IntStream.range(0, 300_000).toArray());
        assertThat(intake.batches()).allMatch(batch -> batch.weight() < 16L << 20);
        List<Batch> withParts = intake.batches().stream()
                .filter(batch -> !batch.transactions().isEmpty())
                .toList();
        assertThat(withParts.getFirst().resume())
                .isNotEqualTo(withParts.getLast().resume());
    }

    @Test
    void a_toasted_column_that_was_not_touched_is_absent_and_never_null() throws Exception {
        execute(
                "CREATE EXTENSION hstore",
                "CREATE TABLE t (id int PRIMARY KEY, n int, a text, b bytea, c jsonb, d text[], e int[], f numeric,"
                        + " g xml, h json, i hstore, j float8[], k bytea[], l uuid[], m bit varying, o tsvector, p varchar)",
                "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER c SET STORAGE EXTERNAL,"
                        + " ALTER d SET STORAGE EXTERNAL, ALTER e SET STORAGE EXTERNAL, ALTER f SET STORAGE EXTERNAL,"
                        + " ALTER g SET STORAGE EXTERNAL, ALTER h SET STORAGE EXTERNAL, ALTER i SET STORAGE EXTERNAL,"
                        + " ALTER j SET STORAGE EXTERNAL, ALTER k SET STORAGE EXTERNAL, ALTER l SET STORAGE EXTERNAL,"
                        + " ALTER m SET STORAGE EXTERNAL, ALTER o SET STORAGE EXTERNAL, ALTER p SET STORAGE EXTERNAL",
                "INSERT INTO t SELECT 1, 1, x, x::bytea, to_jsonb(x), ARRAY[x], array_agg(n), repeat('7', 10000)::numeric,"
                        + " ('<a>' || x || '</a>')::xml, to_json(x), hstore('k', x), array_agg(n::float8), ARRAY[x::bytea],"
                        + " array_agg(md5(n::text)::uuid), repeat('10', 40000)::bit varying,"
                        + " (SELECT string_agg('word' || w, ' ') FROM generate_series(1, 5000) w)::tsvector, x"
                        + " FROM generate_series(1, 5000) n, repeat('x', 20000) x GROUP BY x");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            execute("UPDATE t SET n = 2", "ALTER TABLE t REPLICA IDENTITY FULL", "UPDATE t SET n = 3");
            intake.awaitChanges("public.t", 3);
        }

        Row inserted = ((Change.Insert) intake.changes().getFirst()).after();
        assertThat(inserted.isComplete()).isTrue();
        Change.Update update = (Change.Update) intake.changes().get(1);
        assertThat(update.before()).isNull();
        assertThat(update.after().get(1)).isEqualTo(2);
        for (int column = 2; column < update.after().size(); column++) {
            assertThat(update.after().has(column))
                    .as(update.schema().columns().get(column).name())
                    .isFalse();
        }
        Change.Update full = (Change.Update) intake.changes().get(2);
        assertThat(full.before()).isNotNull().matches(Row::isComplete);
        for (int column = 2; column < full.after().size(); column++) {
            assertThat(full.after().get(column))
                    .as(full.schema().columns().get(column).name())
                    .isEqualTo(inserted.get(column));
        }
    }

    @Test
    void the_replica_identity_says_what_is_known_of_a_former_row() throws Exception {
        execute(
                "CREATE TABLE keyed (id int PRIMARY KEY, n int NOT NULL, name text DEFAULT 'nobody')",
                "CREATE TABLE whole (id int PRIMARY KEY, n int NOT NULL, name text DEFAULT 'nobody')",
                "ALTER TABLE whole REPLICA IDENTITY FULL",
                "CREATE TABLE indexed (id int, code text NOT NULL UNIQUE, name text)",
                "ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_code_key");
        try (RunningSource _ = running("public.*")) {
            awaitStreaming();
            for (String table : List.of("keyed", "whole")) {
                execute(
                        "INSERT INTO %s VALUES (1, 5, NULL)".formatted(table),
                        "UPDATE %s SET n = 6".formatted(table),
                        "DELETE FROM %s".formatted(table));
            }
            execute("INSERT INTO indexed VALUES (1, 'a', 'x')", "UPDATE indexed SET code = 'b'", "DELETE FROM indexed");
            intake.awaitChanges("public.indexed", 4);
        }

        List<Change> keyed = intake.changes("public.keyed");
        assertThat(((Change.Insert) keyed.get(0)).after()).isEqualTo(Row.of(1, 5, null));
        assertThat(((Change.Update) keyed.get(1)).before()).isNull();
        assertThat(((Change.Delete) keyed.get(2)).before()).isEqualTo(Row.of(1, Row.ABSENT, Row.ABSENT));
        List<Change> whole = intake.changes("public.whole");
        assertThat(((Change.Update) whole.get(1)).before()).isEqualTo(Row.of(1, 5, null));
        assertThat(((Change.Delete) whole.get(2)).before()).isEqualTo(Row.of(1, 6, null));
        List<Change> moved = intake.changes("public.indexed");
        assertThat(((Change.Insert) moved.get(2)).after()).isEqualTo(Row.of(1, "b", "x"));
        assertThat(((Change.Delete) moved.get(3)).before().get(1)).isEqualTo("b");
        Change.Delete indexed = (Change.Delete) moved.get(1);
        assertThat(indexed.schema().key()).containsExactly(1);
        assertThat(indexed.before()).isEqualTo(Row.of(Row.ABSENT, "a", Row.ABSENT));
    }

    @Test
    void a_changed_key_is_a_delete_and_an_insert() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'a')");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            execute("UPDATE t SET id = 2");
            intake.awaitChanges("public.t", 3);
        }

        List<Change> changes = intake.log().getLast().changes();
        assertThat(((Change.Delete) changes.get(0)).before().get(0)).isEqualTo(1);
        assertThat(((Change.Insert) changes.get(1)).after()).isEqualTo(Row.of(2, "a"));
        assertThat(changes.get(1).position())
                .isEqualTo(changes.get(0).position().next());
    }

    @Test
    void a_changed_table_gets_a_new_version_of_its_schema() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'a')");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            execute("INSERT INTO t VALUES (2, 'b')");
            execute("ALTER TABLE t ADD n numeric(10,2) NOT NULL DEFAULT 1.5", "INSERT INTO t VALUES (3, 'c', 2.25)");
            execute("ALTER TABLE t RENAME name TO label", "UPDATE t SET label = 'd' WHERE id = 3");
            execute("ALTER TABLE t DROP label", "DELETE FROM t WHERE id = 1");
            execute("INSERT INTO t VALUES (4, 7)");
            intake.awaitChanges("public.t", 6);
        }
        try (RunningSource _ = running("public.t")) {
            execute("INSERT INTO t VALUES (5, 8)");
            intake.awaitChanges("public.t", 7);
        }

        List<Change> changes = intake.changes("public.t");
        List<Schema> schemas = changes.stream().map(Change::schema).toList();
        assertThat(schemas.stream()
                        .map(schema ->
                                schema.columns().stream().map(Column::name).toList()))
                .containsExactly(
                        List.of("id", "name"),
                        List.of("id", "name"),
                        List.of("id", "name", "n"),
                        List.of("id", "label", "n"),
                        List.of("id", "n"),
                        List.of("id", "n"),
                        List.of("id", "n"));
        assertThat(schemas.stream().map(Schema::version)).containsExactly(1, 1, 2, 3, 4, 4, 4);
        assertThat(schemas.get(2).columns().get(2)).isEqualTo(new Column("n", new Type.Numeric(10, 2), false));
        assertThat(((Change.Insert) changes.get(2)).after().get(2)).hasToString("2.25");
    }

    @Test
    void a_lost_slot_begins_a_new_epoch_with_a_snapshot_behind_truncates() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
        }
        awaitIdleSlot();
        execute("SELECT pg_drop_replication_slot('%s')".formatted(database), "INSERT INTO t VALUES (2)");

        // when
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 4);
        }

        // then
        assertThat(intake.changes().get(1)).isInstanceOf(Change.Truncate.class);
        assertThat(intake.changes().stream().map(change -> change.position().epoch()))
                .containsExactly(1, 2, 2, 2);
    }

    @Test
    void a_slot_that_somebody_moved_on_begins_a_new_epoch_too() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            // What comes behind the snapshot comes from the slot: its reader is there, and ends with the source.
            execute("INSERT INTO t VALUES (3)");
            intake.awaitChanges("public.t", 2);
            await().atMost(Duration.ofSeconds(30)).until(() -> intake.retained().isPresent());
        }
        awaitIdleSlot();
        // The embedded server commits asynchronously by default, and then its log's end would be in front of the
        // insert.
        execute(
                "SET synchronous_commit = on",
                "INSERT INTO t VALUES (2)",
                "SELECT pg_replication_slot_advance('%s', pg_current_wal_lsn())".formatted(database));

        try (RunningSource _ = running("public.t")) {
            // the truncate and three rows
            intake.awaitChanges("public.t", 6);
        }

        assertThat(intake.log().getLast().first().epoch()).isEqualTo(2);
    }

    @Test
    void more_log_than_the_budget_is_warned_of() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, filler text)");
        try (RunningSource _ = running("public.t", "wal_budget: { size: 4MB }")) {
            awaitStreaming();
            intake.nothingMoreIsDurable();
            execute("INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n");

            await().atMost(Duration.ofSeconds(30))
                    .until(() -> intake.retained()
                            .filter(kept -> kept.warning().contains("more than the wal_budget of 4 MB"))
                            .isPresent());
        }
    }

    @Test
    void more_log_than_the_budget_is_urgent_until_it_is_read_where_that_is_declared() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, filler text)");
        try (RunningSource _ = running("public.t", "wal_budget: { size: 4MB, action: pause-others }")) {
            awaitStreaming();
            intake.nothingMoreIsDurable();
            execute("INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n");

            awaitUrgent(true);
            intake.everythingIsDurable();
            execute("INSERT INTO t VALUES (0, 'x')");
            awaitUrgent(false);
        }
    }

    private void awaitUrgent(boolean urgent) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> intake.retained()
                        .filter(kept -> kept.urgent() == urgent)
                        .isPresent());
    }

    @Test
    void without_a_snapshot_only_what_is_committed_from_now_on_comes() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        try (RunningSource _ = running("public.t", "snapshot: never")) {
            awaitStreaming();
            execute("INSERT INTO t VALUES (2)");
            intake.awaitChanges("public.t", 1);
        }

        assertThat(intake.changes()).hasSize(1);
        assertThat(((Change.Insert) intake.changes().getFirst()).after()).isEqualTo(Row.of(2));
    }

    @Test
    void columns_can_be_left_out_and_names_may_be_odd() throws Exception {
        execute(
                "CREATE SCHEMA \"Odd one\"",
                "CREATE TABLE \"Odd one\".\"T-1 é\" (\"Id\" int PRIMARY KEY, secret text, \"a b\" text)",
                "INSERT INTO \"Odd one\".\"T-1 é\" VALUES (1, 's', 'x')");
        String[] more = {"columns: { 'Odd one.T-1 é.secret': drop }"};
        Inventory inventory;
        try (ChangeSource source = server.source(database, "'Odd one.*'", more)) {
            inventory = source.inspect();
        }
        try (RunningSource _ = running("'Odd one.*'", more)) {
            intake.awaitChanges("Odd one.T-1 é", 1);
            execute("UPDATE \"Odd one\".\"T-1 é\" SET \"a b\" = 'y'");
            intake.awaitChanges("Odd one.T-1 é", 2);
        }

        assertThat(intake.changes().getFirst().schema())
                .isEqualTo(inventory.tables().getFirst().schema());
        assertThat(((Change.Update) intake.changes().get(1)).after()).isEqualTo(Row.of(1, "y"));
    }

    @Test
    void a_table_without_key_is_noted_and_comes_as_inserts() throws Exception {
        execute("CREATE TABLE history (n int, at timestamp)", "INSERT INTO history VALUES (1, NULL)");
        try (ChangeSource source = server.source(database, "public.history")) {
            Inventory inventory = source.inspect();
            assertThat(inventory.tables().getFirst().before()).isEqualTo(BeforeImage.NONE);
            assertThat(inventory.notes())
                    .containsExactly(
                            "public.history has no key: its rows are delivered as inserts without identity; PostgreSQL refuses"
                                    + " UPDATE and DELETE on it while it is published");
        }
        try (RunningSource _ = running("public.history")) {
            intake.awaitChanges("public.history", 1);
            execute("INSERT INTO history VALUES (2, '2026-01-02 03:04:05')");
            intake.awaitChanges("public.history", 2);
        }

        assertThat(intake.changes()).allMatch(change -> change.schema().key().isEmpty());
    }

    @Test
    void a_table_that_joins_later_is_captured_from_the_next_start_on() throws Exception {
        execute("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1)");
        try (RunningSource _ = running("public.*")) {
            intake.awaitChanges("public.a", 1);
        }
        execute("CREATE TABLE b (id int PRIMARY KEY)", "INSERT INTO b VALUES (1)");
        try (RunningSource _ = running("public.*")) {
            int before = intake.batches().size();
            await().atMost(Duration.ofSeconds(30)).until(() -> intake.batches().size() > before);
            execute("INSERT INTO b VALUES (2)");
            intake.awaitLog(log -> intake.changes("public.b").stream()
                    .anyMatch(change -> change instanceof Change.Insert insert
                            && insert.after().equals(Row.of(2))));
        }
    }

    @Test
    void a_partitioned_table_comes_as_one() throws Exception {
        execute(
                "CREATE TABLE p (id int PRIMARY KEY, name text) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)",
                "INSERT INTO p VALUES (1, 'a'), (11, 'b')");
        try (RunningSource _ = running("public.*")) {
            intake.awaitChanges("public.p", 2);
            execute("INSERT INTO p VALUES (2, 'c')", "UPDATE p SET name = 'd' WHERE id = 11");
            intake.awaitChanges("public.p", 4);
        }

        assertThat(intake.changes()).hasSize(4);
    }

    @Test
    void a_computed_column_is_left_out_because_the_log_does_not_carry_it() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, double int GENERATED ALWAYS AS (id * 2) STORED)",
                "INSERT INTO t VALUES (1)");
        Inventory inventory;
        try (ChangeSource source = server.source(database, "public.t")) {
            inventory = source.inspect();
        }
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            execute("INSERT INTO t VALUES (2)");
            intake.awaitChanges("public.t", 2);
        }

        assertThat(intake.changes())
                .allMatch(change ->
                        change.schema().equals(inventory.tables().getFirst().schema()));
    }

    @ParameterizedTest
    @CsvSource({"any, elsewhere here", "none, here"})
    void what_came_in_by_replication_from_another_server_can_be_left_out(String origin, String places)
            throws Exception {
        assumeTrue(
                origin.equals("any")
                        || server.text(database, "SHOW server_version_num").compareTo("160000") >= 0,
                "PostgreSQL tells origins from version 16 on");
        execute("CREATE TABLE t (place text)");
        try (RunningSource _ = running("public.t", "messages: place", "origin: " + origin)) {
            awaitStreaming();
            execute(
                    "SELECT pg_replication_origin_create('%s')".formatted(database),
                    "SELECT pg_replication_origin_session_setup('%s')".formatted(database),
                    "INSERT INTO t VALUES ('elsewhere')",
                    "SELECT pg_logical_emit_message(true, 'place', 'elsewhere')",
                    "SELECT pg_logical_emit_message(false, 'place', 'elsewhere')",
                    "SELECT pg_replication_origin_session_reset()",
                    "INSERT INTO t VALUES ('here')",
                    "SELECT pg_logical_emit_message(false, 'place', 'here')",
                    "SELECT pg_logical_emit_message(true, 'place', 'here')");
            intake.awaitLog(log -> !log.isEmpty()
                    && log.getLast().changes().getLast() instanceof Change.Insert last
                    && last.after().equals(Row.of("place", true, "here", null)));
        }

        assertThat(places(intake.changes("public.t"), 0)).containsExactly(places.split(" "));
        assertThat(places(intake.changes("pg_logical.message"), 2).distinct()).containsExactly(places.split(" "));
    }

    private static Stream<String> places(List<Change> changes, int column) {
        return changes.stream()
                .map(change -> String.valueOf(((Change.Insert) change).after().get(column)));
    }

    @Test
    void a_lost_connection_ends_the_run_as_transient_and_the_next_goes_on() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        RunningSource cut = running("public.t");
        intake.awaitChanges("public.t", 1);
        awaitStreaming();
        execute("INSERT INTO t VALUES (2)");
        intake.awaitChanges("public.t", 2);

        // when
        execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '%s'"
                .formatted(database));

        // then
        SourceFailure failure = cut.failure();
        assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.TRANSIENT);
        execute("INSERT INTO t VALUES (3)");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 3);
        }
        assertThat(intake.changes()).hasSize(3);
    }
}
