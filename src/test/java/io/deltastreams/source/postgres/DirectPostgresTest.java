package io.deltastreams.source.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.PostgresSourceContract;
import io.deltastreams.postgres.PostgresVersion;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Fold;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

class DirectPostgresTest extends PostgresSourceContract {

    DirectPostgresTest() {
        super(new DirectPostgres.Factory());
    }

    private SortedMap<String, List<String>> rows(String table) throws SQLException {
        return server.rows(database, table);
    }

    private void interruptedAfter(int batches) throws Exception {
        int seen = intake.batches().size();
        intake.roomFor(batches);
        try (RunningSource _ = running("public.*")) {
            intake.awaitBatches(seen + batches);
        }
    }

    private void toTheEnd() throws Exception {
        execute("CREATE TABLE IF NOT EXISTS the_end (id int PRIMARY KEY)");
        intake.roomFor(1_000_000);
        try (RunningSource _ = running("public.*")) {
            intake.awaitLog(log -> log.stream()
                    .anyMatch(
                            transaction -> transaction.kind() == Transaction.Kind.SNAPSHOT && transaction.complete()));
            execute("INSERT INTO the_end VALUES (1)");
            intake.awaitChanges("public.the_end", 1);
        }
    }

    @Test
    void an_interrupted_snapshot_goes_on_with_the_pages_that_are_left() throws Exception {
        // given
        execute(
                "CREATE TABLE a (id int PRIMARY KEY, name text)",
                "CREATE TABLE b (id int PRIMARY KEY, name text)",
                "CREATE TABLE keyless (id int, name text)",
                "INSERT INTO a SELECT n, 'row ' || n FROM generate_series(1, 60000) n",
                "INSERT INTO b SELECT n, 'row ' || n FROM generate_series(1, 60000) n",
                "INSERT INTO keyless SELECT n, 'row ' || n FROM generate_series(1, 60000) n");

        // when
        interruptedAfter(1);
        interruptedAfter(1);
        toTheEnd();

        // then no row comes twice
        assertThat(Fold.of(intake.changes("public.a"))).isEqualTo(rows("a"));
        assertThat(Fold.of(intake.changes("public.b"))).isEqualTo(rows("b"));
        assertThat(intake.changes("public.a")).hasSize(60_000);
        assertThat(intake.changes("public.keyless").stream()
                        .filter(change -> change instanceof Change.Insert)
                        .count())
                .isGreaterThanOrEqualTo(60_000);
        assertThat(intake.log())
                .filteredOn(transaction -> transaction.kind() == Transaction.Kind.SNAPSHOT)
                .filteredOn(Transaction::complete)
                .hasSize(1);
        assertThat(intake.changes()).allMatch(change -> change.position().epoch() == 1);
    }

    @Test
    void what_is_written_while_a_snapshot_is_interrupted_is_right_in_the_end() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        // given large values, which updates of other columns do not send again
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE t ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO t SELECT n, n, CASE WHEN n % 50 = 0 THEN repeat(md5(n::text), 100) ELSE 'x' END"
                        + " FROM generate_series(1, 50000) n",
                "CREATE TABLE later (id int PRIMARY KEY, n int)",
                "CREATE TABLE without_key (id int, n int)",
                "INSERT INTO without_key SELECT n, n FROM generate_series(1, 30000) n");

        // when
        for (int restart = 0; restart < 3; restart++) {
            interruptedAfter(1 + random.nextInt(2));
            int from = random.nextInt(50_000);
            execute(
                    "UPDATE t SET n = -n WHERE id BETWEEN %d AND %d".formatted(from, from + 2000),
                    "DELETE FROM t WHERE id BETWEEN %d AND %d".formatted(from + 2100, from + 2200),
                    "INSERT INTO t SELECT n, 0, 'new' FROM generate_series(%d, %d) n"
                            .formatted(100_000 + restart * 1000, 100_500 + restart * 1000),
                    "INSERT INTO later SELECT n, n FROM generate_series(%d, %d) n"
                            .formatted(restart * 100, restart * 100 + 50),
                    "INSERT INTO without_key VALUES (-%d, 0)".formatted(restart + 1));
            if (restart == 1) {
                execute("VACUUM t");
            }
        }
        toTheEnd();

        // then
        assertThat(Fold.upserting(intake.changes("public.t")))
                .as("seed %d", seed)
                .isEqualTo(rows("t"));
        assertThat(Fold.upserting(intake.changes("public.later")))
                .as("seed %d", seed)
                .isEqualTo(rows("later"));
        List<String> keyless = new ArrayList<>();
        for (Change change : intake.changes("public.without_key")) {
            switch (change) {
                case Change.Truncate _ -> keyless.clear();
                case Change.Insert insert ->
                    keyless.add(String.valueOf(insert.after().get(0)));
                default -> throw new AssertionError(change);
            }
        }
        assertThat(keyless).as("seed %d", seed).doesNotHaveDuplicates().hasSize(30_003);
    }

    @Test
    void a_table_that_was_laid_out_anew_while_a_snapshot_was_interrupted_is_read_again() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, name text)",
                "INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 60000) n");
        interruptedAfter(1);
        execute("DELETE FROM t WHERE id <= 30000", "VACUUM FULL t");
        toTheEnd();

        assertThat(Fold.upserting(intake.changes("public.t"))).isEqualTo(rows("t"));
    }

    @Test
    void more_log_than_the_budget_costs_the_slot_where_that_is_declared() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY, filler text)", "INSERT INTO t VALUES (0, 'x')");
        String budget = "wal_budget: { size: 4MB, action: resnapshot }";
        RunningSource over = running("public.t", budget);
        intake.awaitChanges("public.t", 1);
        awaitStreaming();

        // when
        intake.nothingMoreIsDurable();
        execute("INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n");

        // then
        assertThat(over.failure())
                .hasMessageContaining("more than 4 MB of its log for slot")
                .extracting(SourceFailure::kind)
                .isEqualTo(SourceFailure.Kind.TRANSIENT);
        assertThat(server.text(
                        database,
                        "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '%s'".formatted(database)))
                .isEqualTo("0");
        intake.everythingIsDurable();
        try (RunningSource _ = running("public.t", budget)) {
            intake.awaitLog(
                    log -> log.getLast().first().epoch() == 2 && log.getLast().complete());
        }
        assertThat(Fold.upserting(intake.changes("public.t"))).isEqualTo(rows("t"));
        assertThat(intake.changes())
                .filteredOn(change -> change.position().epoch() == 2)
                .first()
                .isInstanceOf(Change.Truncate.class);
    }

    private String note() throws SQLException {
        return String.valueOf(server.text(
                database, "SELECT coalesce(obj_description(oid, 'pg_publication'), '') FROM pg_publication"));
    }

    /** Captures the table's rows and one change for outputs that have all of it. */
    private Position captured(RecordingIntake outputs) throws Exception {
        try (RunningSource _ = RunningSource.start(server.source(database, "public.t"), outputs)) {
            awaitStreaming();
            execute("INSERT INTO t VALUES (2, 'streamed')");
            outputs.awaitChanges("public.t", 2);
            outputs.awaitLog(_ -> {
                try {
                    return !note().isEmpty();
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
        }
        return outputs.log().getLast().last();
    }

    @Test
    void without_a_log_it_goes_on_where_the_slot_is_in_the_epoch_that_the_outputs_have() throws Exception {
        // given
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'there before')");
        intake.outputsHave(new Intake.Earlier(Position.START, true));
        Position last = captured(intake);
        execute("INSERT INTO t VALUES (3, 'while nobody captured')", "DELETE FROM t WHERE id = 1");

        // when
        RecordingIntake another = new RecordingIntake();
        another.outputsHave(new Intake.Earlier(last, true));
        try (RunningSource _ = RunningSource.start(server.source(database, "public.t"), another)) {
            another.awaitLog(log ->
                    log.stream().anyMatch(transaction -> transaction.changes().getFirst() instanceof Change.Delete));
        }

        // then
        assertThat(another.log())
                .allSatisfy(transaction -> assertThat(transaction.kind()).isEqualTo(Transaction.Kind.COMMIT));
        List<Change> all = new ArrayList<>(intake.changes());
        another.changes().stream()
                .filter(change -> change.position().isAfter(last))
                .forEach(all::add);
        assertThat(all).hasSize(4);
        assertThat(all.getLast().position().epoch()).isEqualTo(1);
        assertThat(Fold.of(all)).isEqualTo(rows("t"));
    }

    @Test
    void outputs_of_another_epoch_get_a_new_one_behind_it() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'there before')");
        intake.outputsHave(new Intake.Earlier(Position.START, true));
        captured(intake);
        assertThat(note()).contains("\"epoch\":1");

        RecordingIntake another = new RecordingIntake();
        another.outputsHave(new Intake.Earlier(new Position(3, 7, 0), true));
        server.awaitNoClaim(database);
        try (RunningSource _ = RunningSource.start(server.source(database, "public.t"), another)) {
            another.awaitLog(log -> log.stream().anyMatch(Transaction::complete));
            another.awaitLog(_ -> {
                try {
                    return note().contains("\"epoch\":4");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
        }

        assertThat(another.log().getFirst().first().epoch()).isEqualTo(4);
        assertThat(Fold.of(another.changes())).isEqualTo(rows("t"));
    }

    @Test
    void a_comment_of_somebody_elses_on_the_publication_stays() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, name text)",
                "INSERT INTO t VALUES (1, 'there before')",
                "CREATE PUBLICATION delta_streams FOR TABLE t",
                "COMMENT ON PUBLICATION delta_streams IS 'do not touch'");
        intake.outputsHave(new Intake.Earlier(Position.START, true));
        Position last = captured(intake);
        assertThat(note()).isEqualTo("do not touch");

        RecordingIntake another = new RecordingIntake();
        another.outputsHave(new Intake.Earlier(last, true));
        server.awaitNoClaim(database);
        try (RunningSource _ = RunningSource.start(server.source(database, "public.t"), another)) {
            another.awaitLog(log -> log.stream().anyMatch(Transaction::complete));
        }
        assertThat(another.log().getFirst().first().epoch())
                .as("nobody knows the former")
                .isEqualTo(2);
    }

    @Test
    void a_column_without_a_binary_form_that_comes_later_costs_a_restart_and_nothing_else() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, name text)");
        RunningSource first = running("public.t");
        awaitStreaming();
        execute("INSERT INTO t VALUES (1, 'a')");
        intake.awaitChanges("public.t", 1);
        execute("ALTER TABLE t ADD more int[]", "INSERT INTO t VALUES (2, 'b', '{1,2}')");
        assertThat(first.failure())
                .hasMessageContaining("column 'more' of public.t in binary form")
                .extracting(SourceFailure::kind)
                .isEqualTo(SourceFailure.Kind.TRANSIENT);

        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 2);
            execute("ALTER TABLE t DROP more", "INSERT INTO t VALUES (3, 'c')");
            intake.awaitChanges("public.t", 3);
        }

        assertThat(intake.changes().stream().map(change -> ((Change.Insert) change).after()))
                .containsExactly(Row.of(1, "a"), Row.of(2, "b", List.of(1, 2)), Row.of(3, "c"));
    }

    @Test
    void arrays_of_money_are_numbers() throws Exception {
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, prices money[])",
                "INSERT INTO t VALUES (1, ARRAY['1.50', '-1234567.80', NULL]::money[])");
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 1);
            execute("INSERT INTO t SELECT 2, prices FROM t");
            intake.awaitChanges("public.t", 2);
        }

        List<BigDecimal> prices = Arrays.asList(new BigDecimal("1.50"), new BigDecimal("-1234567.80"), null);
        assertThat(intake.changes().stream().map(change -> ((Change.Insert) change).after()))
                .containsExactly(Row.of(1, prices), Row.of(2, prices));
    }

    @Test
    void a_publication_says_which_rows_and_columns_come_by_snapshot_and_by_stream() throws Exception {
        assumeTrue(version().isAtLeast(PostgresVersion.V15), "publications have row filters from PostgreSQL 15 on");
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, name text, secret text)",
                "CREATE PUBLICATION delta_streams FOR TABLE t (id, name) WHERE (id > 10)",
                "INSERT INTO t SELECT n, 'n', 's' FROM generate_series(1, 12) n");
        Inventory inventory;
        try (ChangeSource source = server.source(database, "public.t")) {
            inventory = source.inspect();
        }
        try (RunningSource _ = running("public.t")) {
            intake.awaitChanges("public.t", 2);
            execute("INSERT INTO t VALUES (-3, 'n', 's'), (13, 'n', 's')");
            intake.awaitChanges("public.t", 3);
        }

        assertThat(intake.changes().stream().map(change -> ((Change.Insert) change).after()))
                .containsExactly(Row.of(11, "n"), Row.of(12, "n"), Row.of(13, "n"));
        assertThat(intake.changes().getLast().schema().version()).isEqualTo(1);
        assertThat(intake.changes().getFirst().schema())
                .isEqualTo(inventory.tables().getFirst().schema());
    }

    @Test
    void a_rolled_back_part_of_a_streamed_transaction_does_not_come() throws Exception {
        // Beyond that memory the server sends a transaction before its commit.
        execute(
                "CREATE TABLE t (id int PRIMARY KEY, filler text)",
                "ALTER DATABASE %s SET logical_decoding_work_mem = '64kB'".formatted(database));
        try (RunningSource _ = running("public.t")) {
            awaitStreaming();
            try (Connection connection = server.connect(database);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                String fill = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(%d, %d) n";
                statement.execute(fill.formatted(1, 7_000));
                statement.execute("SAVEPOINT a");
                statement.execute(fill.formatted(100_001, 107_000));
                statement.execute("ROLLBACK TO a");
                statement.execute(fill.formatted(200_001, 200_010));
                connection.commit();
                statement.execute(fill.formatted(300_001, 307_000));
                connection.rollback();
                statement.execute("INSERT INTO t VALUES (0, 'end')");
                connection.commit();
            }
            intake.awaitChanges("public.t", 7_011);
        }

        assertThat(Fold.of(intake.changes("public.t"))).isEqualTo(rows("t"));
        assertThat(intake.changes()).hasSize(7_011);
    }

    @Test
    void a_transaction_beyond_what_stays_in_memory_comes_back_from_its_side_file() throws Exception {
        execute("CREATE TABLE t (id int PRIMARY KEY, filler text)");
        try (RunningSource _ = running("public.t")) {
            awaitStreaming();
            execute("INSERT INTO t SELECT n, repeat('x', 40000) FROM generate_series(1, 1000) n");
            intake.awaitLog(log -> !log.isEmpty() && log.getLast().complete());
        }

        assertThat(intake.changes()).hasSize(1000);
        assertThat(intake.changes().stream()
                        .map(change -> ((Change.Insert) change).after().get(1)))
                .allMatch("x".repeat(40_000)::equals);
    }
}
