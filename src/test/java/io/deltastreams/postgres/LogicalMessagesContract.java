package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Transaction;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.Resume;
import io.deltastreams.source.RunningSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.replication.LogSequenceNumber;

/** How messages of {@code pg_logical_emit_message} come, among rows and alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class LogicalMessagesContract {

    private static final String MESSAGES = LogicalMessages.RELATION.text();

    private final ChangeSource.Factory factory;
    private PostgresServer server;
    private String database;
    private RecordingIntake intake;
    private Connection connection;

    protected LogicalMessagesContract(ChangeSource.Factory factory) {
        this.factory = factory;
    }

    @BeforeAll
    void start() throws IOException {
        server = PostgresServer.start(factory);
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    @BeforeEach
    void openDatabase() throws SQLException {
        database = server.database();
        server.execute(database, "CREATE TABLE t (id int PRIMARY KEY, filler text)");
        intake = new RecordingIntake();
        connection = server.connect(database);
        connection.setAutoCommit(false);
    }

    @AfterEach
    void closeDatabase() throws SQLException {
        connection.close();
    }

    private void execute(String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /** Writes a message and tells the place behind it. */
    private long emitted(boolean transactional, String prefix, String content) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT pg_logical_emit_message(%s, '%s', '%s')".formatted(transactional, prefix, content))) {
            rows.next();
            return LogSequenceNumber.valueOf(rows.getString(1)).asLong();
        }
    }

    private RunningSource running(String prefixes) {
        RunningSource running =
                RunningSource.start(server.source(database, "public.t", "messages: " + prefixes), intake);
        awaitStreaming();
        return running;
    }

    private void awaitStreaming() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> intake.batches().stream()
                        .anyMatch(batch -> batch.resume().text().contains("complete")));
    }

    private static Row text(String prefix, boolean transactional, String content) {
        return Row.of(prefix, transactional, content, null);
    }

    private static List<Row> inserted(List<Change> changes) {
        return changes.stream().map(change -> ((Change.Insert) change).after()).toList();
    }

    private List<Row> messages() {
        return inserted(intake.changes(MESSAGES));
    }

    @Test
    void a_message_of_a_transaction_stands_among_its_rows() throws Exception {
        try (RunningSource _ = running("[outbox]")) {
            execute("INSERT INTO t VALUES (1)");
            emitted(true, "outbox", "{\"order\":1}");
            execute("INSERT INTO t VALUES (2)", "SAVEPOINT a");
            emitted(true, "outbox", "rolled back to the savepoint");
            execute("ROLLBACK TO a");
            emitted(true, "outbox", "");
            connection.commit();
            emitted(true, "outbox", "rolled back");
            connection.rollback();
            execute("INSERT INTO t VALUES (3)");
            connection.commit();
            intake.awaitChanges("public.t", 3);
        }

        assertThat(intake.log()).hasSize(2);
        assertThat(inserted(intake.log().getFirst().changes()))
                .containsExactly(
                        Row.of(1, null),
                        text("outbox", true, "{\"order\":1}"),
                        Row.of(2, null),
                        text("outbox", true, ""));
    }

    @Test
    void a_message_without_a_transaction_is_one_of_its_own_at_the_place_behind_it() throws Exception {
        long alone;
        long rolledBack;
        try (RunningSource _ = running("outbox")) {
            execute("INSERT INTO t VALUES (1)");
            alone = emitted(false, "outbox", "in front of the commit");
            connection.commit();
            rolledBack = emitted(false, "outbox", "of a transaction that is rolled back");
            connection.rollback();
            execute("INSERT INTO t VALUES (2)");
            connection.commit();
            intake.awaitChanges("public.t", 2);
        }

        List<Transaction> log = intake.log();
        assertThat(log.stream().map(transaction -> inserted(transaction.changes())))
                .containsExactly(
                        List.of(text("outbox", false, "in front of the commit")),
                        List.of(Row.of(1, null)),
                        List.of(text("outbox", false, "of a transaction that is rolled back")),
                        List.of(Row.of(2, null)));
        assertThat(log.get(0).first()).isEqualTo(new Position(1, alone, 0));
        assertThat(log.get(2).first()).isEqualTo(new Position(1, rolledBack, 0));
        assertThat(log.get(0).id()).isEqualTo("0");
        assertThat(log).allMatch(Transaction::complete);
        assertThat(log.stream().map(Transaction::last)).isSorted();
    }

    @Test
    void only_messages_of_the_prefixes_come() throws Exception {
        try (RunningSource _ = running("[outbox, audit]")) {
            for (String prefix : List.of("outbox", "outbox2", "delta_streams", "audit", "")) {
                emitted(true, prefix, "in a transaction");
                emitted(false, prefix, "alone");
            }
            execute("INSERT INTO t VALUES (1)");
            connection.commit();
            intake.awaitChanges("public.t", 1);
        }

        assertThat(messages().stream().map(row -> row.get(0))).containsExactly("outbox", "audit", "outbox", "audit");
    }

    @Test
    void a_star_means_all_but_our_own() throws Exception {
        try (RunningSource _ = running("['*']")) {
            emitted(false, "delta_streams", "");
            emitted(false, "outbox", "alone");
            emitted(true, "delta_streams", "");
            emitted(true, "", "without a prefix");
            connection.commit();
            intake.awaitChanges(MESSAGES, 2);
        }

        assertThat(messages()).containsExactly(text("outbox", false, "alone"), text("", true, "without a prefix"));
    }

    @Test
    void without_prefixes_none_come() throws Exception {
        try (RunningSource _ = running("[]")) {
            emitted(true, "outbox", "in a transaction");
            emitted(false, "outbox", "alone");
            execute("INSERT INTO t VALUES (1)");
            connection.commit();
            intake.awaitChanges("public.t", 1);
        }

        assertThat(intake.changes()).hasSize(1);
    }

    @Test
    void what_is_no_text_comes_as_bytes() throws Exception {
        byte[] large = "é".repeat(50_000).getBytes(StandardCharsets.UTF_8);
        try (RunningSource _ = running("outbox")) {
            execute(
                    "SELECT pg_logical_emit_message(true, 'outbox', '\\xc3'::bytea)",
                    "SELECT pg_logical_emit_message(true, 'outbox', '\\x4100'::bytea)",
                    "SELECT pg_logical_emit_message(true, 'outbox', repeat('é', 50000))");
            connection.commit();
            intake.awaitChanges(MESSAGES, 3);
        }

        assertThat(messages())
                .containsExactly(
                        Row.of("outbox", true, null, new Bytes(new byte[] {(byte) 0xc3})),
                        Row.of("outbox", true, null, new Bytes(new byte[] {'A', 0})),
                        text("outbox", true, new String(large, StandardCharsets.UTF_8)));
    }

    @Test
    void a_large_transaction_has_its_messages_in_their_places_and_not_those_that_were_rolled_back() throws Exception {
        // Beyond that memory a server that streams sends a transaction before its commit.
        server.execute(database, "ALTER DATABASE %s SET logical_decoding_work_mem = '64kB'".formatted(database));
        String fill = "INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(%d, %d) n";
        try (RunningSource _ = running("outbox")) {
            execute(fill.formatted(1, 3_000));
            emitted(true, "outbox", "between");
            execute("SAVEPOINT a");
            emitted(true, "outbox", "rolled back");
            execute(fill.formatted(10_001, 13_000));
            emitted(false, "outbox", "alone");
            execute("ROLLBACK TO a", fill.formatted(3_001, 6_000));
            emitted(true, "outbox", "behind");
            connection.commit();
            intake.awaitChanges(MESSAGES, 3);
        }

        assertThat(messages())
                .containsExactly(
                        text("outbox", false, "alone"),
                        text("outbox", true, "between"),
                        text("outbox", true, "behind"));
        List<Change> changes = intake.changes();
        assertThat(changes).hasSize(6_003);
        assertThat(changes.get(1 + 3_000).schema().relation()).isEqualTo(LogicalMessages.RELATION);
        assertThat(changes.getLast().schema().relation()).isEqualTo(LogicalMessages.RELATION);
    }

    @Test
    void a_restart_behind_any_of_them_brings_just_what_is_behind_it() throws Exception {
        // given a slot that stays where it is, and a place to restart at behind each transaction
        intake.nothingMoreIsDurable();
        try (RunningSource _ = running("outbox")) {
            for (int id = 1; id <= 3; id++) {
                emitted(false, "outbox", "alone " + id);
                connection.commit();
                intake.awaitChanges(MESSAGES, 2 * id - 1);
                execute("INSERT INTO t VALUES (" + id + ")");
                emitted(true, "outbox", "with " + id);
                connection.commit();
                intake.awaitChanges(MESSAGES, 2 * id);
            }
        }
        List<Change> all = intake.changes();
        List<Batch> restarts = intake.batches().stream()
                .filter(batch -> batch.last().isPresent()
                        && batch.last().get().isAfter(all.getFirst().position().next()))
                .limit(3)
                .toList();
        assertThat(restarts).hasSize(3);

        for (Batch restart : restarts) {
            // when
            RecordingIntake again = new RecordingIntake();
            again.nothingMoreIsDurable();
            Resume resume = new Resume(Optional.of(restart.resume()), restart.last(), List.of());
            ChangeSource source = server.source(database, "public.t", "messages: outbox");
            List<Change> behind = all.stream()
                    .filter(change -> change.position().isAfter(restart.last().orElseThrow()))
                    .toList();
            try (RunningSource _ = RunningSource.start(source, again, resume)) {
                again.awaitChanges(MESSAGES, inserts(behind));
            }

            // then
            assertThat(again.changes()).isEqualTo(behind);
        }
    }

    private static int inserts(List<Change> changes) {
        return (int) changes.stream()
                .filter(change -> change.schema().relation().equals(LogicalMessages.RELATION))
                .count();
    }

    @Test
    void what_is_written_while_nobody_reads_comes_at_the_next_start_once() throws Exception {
        try (RunningSource _ = running("outbox")) {
            emitted(false, "outbox", "before");
            connection.commit();
            intake.awaitChanges(MESSAGES, 1);
        }
        emitted(false, "outbox", "meanwhile");
        emitted(true, "outbox", "meanwhile");
        connection.commit();
        try (RunningSource _ = running("outbox")) {
            emitted(true, "outbox", "after");
            connection.commit();
            intake.awaitChanges(MESSAGES, 4);
        }

        assertThat(messages())
                .containsExactly(
                        text("outbox", false, "before"),
                        text("outbox", false, "meanwhile"),
                        text("outbox", true, "meanwhile"),
                        text("outbox", true, "after"));
        assertThat(intake.duplicates()).isEmpty();
    }

    @Test
    void a_new_epoch_reads_the_tables_again_and_leaves_the_messages_as_they_are() throws Exception {
        // given
        try (RunningSource _ = running("outbox")) {
            emitted(true, "outbox", "before");
            execute("INSERT INTO t VALUES (1)");
            connection.commit();
            intake.awaitChanges("public.t", 1);
        }
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .until(() -> {
                    server.execute(database, "SELECT pg_drop_replication_slot('%s')".formatted(database));
                    return true;
                });

        // when
        try (RunningSource _ = running("outbox")) {
            intake.awaitChanges("public.t", 3);
        }

        // then
        assertThat(intake.changes("public.t").get(1)).isInstanceOf(Change.Truncate.class);
        assertThat(messages()).containsExactly(text("outbox", true, "before"));
    }

    @Test
    void the_inventory_has_them_where_they_are_captured() throws Exception {
        try (RunningSource _ = running("outbox");
                ChangeSource with = server.source(database, "public.t", "messages: outbox");
                ChangeSource without = server.source(database, "public.t")) {
            emitted(true, "outbox", "{}");
            connection.commit();
            intake.awaitChanges(MESSAGES, 1);

            assertThat(with.inspect().tables().stream().map(CapturedTable::schema))
                    .contains(intake.changes(MESSAGES).getFirst().schema())
                    .hasSize(2);
            assertThat(without.inspect().tables()).hasSize(1);
        }
    }

    @Test
    void messages_alone_need_no_table() throws Exception {
        execute("INSERT INTO t VALUES (1)");
        connection.commit();
        try (RunningSource _ = RunningSource.start(server.source(database, "", "messages: outbox"), intake)) {
            awaitStreaming();
            execute("INSERT INTO t VALUES (2)");
            emitted(true, "outbox", "{}");
            connection.commit();
            intake.awaitChanges(MESSAGES, 1);
        }

        assertThat(inserted(intake.changes())).containsExactly(text("outbox", true, "{}"));
    }

    @Test
    void our_own_prefix_is_refused() {
        assertThat(catchThrowableOfType(
                        InvalidSettings.class,
                        () -> server.source(database, "public.t", "messages: [outbox, delta_streams]")))
                .hasMessageContaining("messages[1]: 'delta_streams' is what our own messages begin with; name another");
    }
}
