package io.deltastreams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Transaction;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link ChangeSource} promises, over a database of two tables {@code public.items} and {@code public.notes} (id, name). */
public abstract class ChangeSourceContract {

    protected static final String ITEMS = "public.items";
    protected static final String NOTES = "public.notes";

    protected RecordingIntake intake;
    protected Database database;

    /** What a kind of source brings along. */
    protected interface Database extends AutoCloseable {

        ChangeSource source();

        /** Commits one transaction. */
        void commit(Write... writes) throws Exception;

        /** The table as the database has it, in {@link Fold}'s form. */
        SortedMap<String, List<String>> rows(String table) throws Exception;

        @Override
        void close() throws IOException, SQLException;
    }

    /** One statement of a transaction. */
    protected sealed interface Write {
        record Insert(String table, int id, String name) implements Write {}

        record Update(String table, int id, String name) implements Write {}

        record Delete(String table, int id) implements Write {}

        record Truncate(String table) implements Write {}
    }

    /** Both tables, empty. */
    protected abstract Database open() throws Exception;

    @BeforeEach
    void openDatabase() throws Exception {
        intake = new RecordingIntake();
        database = open();
    }

    @AfterEach
    void closeDatabase() throws Exception {
        database.close();
    }

    @Test
    void a_snapshot_comes_first_and_then_every_later_transaction() throws Exception {
        // given
        database.commit(new Write.Insert(ITEMS, 1, "one"), new Write.Insert(ITEMS, 2, "two"));

        // when
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            intake.awaitChanges(ITEMS, 2);
            database.commit(new Write.Update(ITEMS, 1, "uno"), new Write.Insert(NOTES, 7, "seven"));
            database.commit(new Write.Delete(ITEMS, 2));
            intake.awaitChanges(ITEMS, 4);
        }

        // then
        List<Transaction> log = intake.log();
        assertThat(log.stream().map(Transaction::kind))
                .containsExactly(Transaction.Kind.SNAPSHOT, Transaction.Kind.COMMIT, Transaction.Kind.COMMIT);
        assertThat(log).allMatch(Transaction::complete);
        assertThat(log.get(1).changes()).hasSize(2);
        assertThat(log.get(1).changes().stream().map(change -> change.position().index()))
                .containsExactly(0, 1);
        assertThat(Fold.of(intake.changes(ITEMS))).isEqualTo(database.rows(ITEMS));
    }

    @Test
    void the_inventory_tells_the_tables_with_their_keys() throws Exception {
        try (ChangeSource source = database.source()) {
            Inventory inventory = source.inspect();

            assertThat(inventory.tables().stream()
                            .map(table -> table.schema().relation().text()))
                    .containsExactly(ITEMS, NOTES);
            assertThat(inventory.tables())
                    .allSatisfy(table -> assertThat(table.schema().key()).containsExactly(0));
        }
    }

    @Test
    void the_end_of_its_log_is_reached_once_everything_before_it_has_come() throws Exception {
        // given
        database.commit(new Write.Insert(ITEMS, 1, "one"), new Write.Insert(ITEMS, 2, "two"));
        ChangeSource first = database.source();
        ChangeSource.End end = first.end();
        assertThat(intake.kept()).isEmpty();

        // when
        try (RunningSource _ = RunningSource.start(first, intake)) {
            intake.awaitLog(_ -> intake.kept().filter(end::isReached).isPresent());
        }

        // then
        assertThat(Fold.of(intake.changes(ITEMS))).isEqualTo(database.rows(ITEMS));
        database.commit(new Write.Update(ITEMS, 1, "uno"));
        ChangeSource second = database.source();
        ChangeSource.End later = second.end();
        assertThat(later.isReached(intake.kept().orElseThrow())).isFalse();
        try (RunningSource _ = RunningSource.start(second, intake)) {
            intake.awaitLog(_ -> intake.kept().filter(later::isReached).isPresent());
            await().atMost(Duration.ofSeconds(30)).until(later::isAcknowledged);
        }
        assertThat(Fold.of(intake.changes(ITEMS))).isEqualTo(database.rows(ITEMS));
    }

    @Test
    void a_snapshot_of_empty_tables_is_complete_too() throws Exception {
        // given
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            await().atMost(Duration.ofSeconds(30)).until(() -> !intake.batches().isEmpty());
        }
        assertThat(intake.log()).isEmpty();

        // when
        database.commit(new Write.Insert(ITEMS, 1, "one"));
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            intake.awaitChanges(ITEMS, 1);
        }

        // then
        assertThat(intake.log().getFirst().kind()).isEqualTo(Transaction.Kind.COMMIT);
    }

    @Test
    void while_a_writer_runs_nothing_is_missing_between_snapshot_and_stream_and_after_restarts() throws Exception {
        // given
        long seed = System.nanoTime();
        CompletableFuture<Void> writer = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                write(new Random(seed), 600);
                writer.complete(null);
            } catch (Throwable e) {
                writer.completeExceptionally(e);
            }
        });

        // when
        for (int restart = 0; restart < 4; restart++) {
            int seen = intake.batches().size();
            try (RunningSource _ = RunningSource.start(database.source(), intake)) {
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> intake.batches().size() >= seen + 3 || writer.isDone());
            }
        }
        writer.get(60, TimeUnit.SECONDS);
        var items = database.rows(ITEMS);
        var notes = database.rows(NOTES);
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            // Not for the last row written: where all runs before ended within the snapshot, it may come before other
            // tables' rows.
            intake.awaitLog(_ -> Fold.of(intake.changes(ITEMS)).equals(items)
                    && Fold.of(intake.changes(NOTES)).equals(notes));
        }

        // then
        assertThat(Fold.of(intake.changes(ITEMS))).as("seed %d", seed).isEqualTo(items);
        assertThat(Fold.of(intake.changes(NOTES))).as("seed %d", seed).isEqualTo(notes);
        assertStrictlyIncreasing();
    }

    private void write(Random random, int transactions) throws Exception {
        boolean[] there = new boolean[50];
        for (int transaction = 0; transaction < transactions; transaction++) {
            Write[] writes = new Write[1 + random.nextInt(4)];
            for (int index = 0; index < writes.length; index++) {
                int id = random.nextInt(there.length);
                String name = "n" + transaction + "." + index;
                if (index == writes.length - 1) {
                    writes[index] = new Write.Insert(NOTES, transaction, name);
                } else if (!there[id]) {
                    there[id] = true;
                    writes[index] = new Write.Insert(ITEMS, id, name);
                } else if (random.nextInt(3) == 0) {
                    there[id] = false;
                    writes[index] = new Write.Delete(ITEMS, id);
                } else {
                    writes[index] = new Write.Update(ITEMS, id, name);
                }
            }
            database.commit(writes);
        }
    }

    private void assertStrictlyIncreasing() {
        Position previous = Position.START;
        for (Change change : intake.changes()) {
            assertThat(change.position()).isGreaterThan(previous);
            previous = change.position();
        }
    }

    @Test
    void what_comes_again_after_a_restart_comes_with_the_same_position() throws Exception {
        // given
        database.commit(new Write.Insert(ITEMS, 1, "one"));
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            intake.nothingMoreIsDurable();
            intake.awaitChanges(ITEMS, 1);
            database.commit(new Write.Update(ITEMS, 1, "two"));
            intake.awaitChanges(ITEMS, 2);
            database.commit(new Write.Update(ITEMS, 1, "three"), new Write.Insert(ITEMS, 2, "x"));
            intake.awaitChanges(ITEMS, 4);
        }
        List<Change> first = intake.changes(ITEMS);

        // when
        RecordingIntake again = new RecordingIntake();
        Batch snapshot = intake.batches().stream()
                .filter(batch -> !batch.transactions().isEmpty())
                .findFirst()
                .orElseThrow();
        Resume early = new Resume(
                Optional.of(snapshot.resume()), snapshot.last(), intake.resume().schemas());
        try (RunningSource _ = RunningSource.start(database.source(), again, early)) {
            again.awaitChanges(ITEMS, 3);
        }

        // then
        assertThat(again.changes(ITEMS)).isEqualTo(first.subList(1, 4));
    }

    @Test
    void a_truncate_empties_its_table_only() throws Exception {
        database.commit(new Write.Insert(ITEMS, 1, "one"), new Write.Insert(NOTES, 2, "two"));
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            intake.awaitChanges(ITEMS, 1);

            database.commit(new Write.Truncate(ITEMS));
            database.commit(new Write.Insert(ITEMS, 3, "three"));
            intake.awaitChanges(ITEMS, 3);
        }

        assertThat(Fold.of(intake.changes(ITEMS))).isEqualTo(database.rows(ITEMS));
        assertThat(Fold.of(intake.changes(NOTES))).isEqualTo(database.rows(NOTES));
    }

    @Test
    void an_unfinished_snapshot_goes_on_or_starts_again_behind_truncates() throws Exception {
        // given
        fill(ITEMS, 20_000);
        intake.roomFor(1);
        RunningSource unfinished = RunningSource.start(database.source(), intake);
        intake.awaitLog(log -> !log.isEmpty());
        unfinished.close();
        assertThat(intake.log()).hasSize(1).noneMatch(Transaction::complete);

        // when
        database.commit(
                new Write.Update(ITEMS, 1, "since"), new Write.Delete(ITEMS, 2), new Write.Insert(NOTES, 1, "n"));
        intake.roomFor(1_000_000);
        try (RunningSource _ = RunningSource.start(database.source(), intake)) {
            intake.awaitLog(log -> log.stream().anyMatch(Transaction::complete));
            database.commit(new Write.Insert(NOTES, 2, "end"));
            intake.awaitLog(log -> log.getLast().kind() == Transaction.Kind.COMMIT
                    && log.getLast().changes().getLast() instanceof Change.Insert insert
                    && Integer.valueOf(2).equals(insert.after().get(0)));
        }

        // then
        List<Change> changes = intake.changes();
        assertThat(changes.getFirst().position().epoch()).isEqualTo(1);
        if (changes.getLast().position().epoch() > 1) {
            Change first = changes.stream()
                    .filter(change -> change.position().epoch() == 2)
                    .findFirst()
                    .orElseThrow();
            assertThat(first).isInstanceOf(Change.Truncate.class);
        }
        List<Transaction> snapshots = intake.log().stream()
                .filter(transaction -> transaction.kind() == Transaction.Kind.SNAPSHOT)
                .toList();
        assertThat(snapshots.getLast().complete()).isTrue();
        assertThat(snapshots.subList(0, snapshots.size() - 1)).noneMatch(Transaction::complete);
        assertThat(Fold.upserting(intake.changes(ITEMS))).isEqualTo(database.rows(ITEMS));
        assertThat(Fold.of(intake.changes(NOTES))).isEqualTo(database.rows(NOTES));
        assertStrictlyIncreasing();
    }

    private void fill(String table, int rows) throws Exception {
        Write[] writes = new Write[rows];
        for (int id = 0; id < rows; id++) {
            writes[id] = new Write.Insert(table, id, "row " + id);
        }
        database.commit(writes);
    }

    @Test
    void close_ends_a_source_in_every_state() throws Exception {
        // before run
        ChangeSource unused = database.source();
        unused.close();
        unused.close();
        unused.run(Resume.NOTHING, intake);
        assertThat(intake.batches()).isEmpty();

        // while it starts
        RunningSource.start(database.source(), intake).close();

        // while it waits for room
        fill(ITEMS, 20_000);
        RecordingIntake full = new RecordingIntake();
        full.roomFor(0);
        RunningSource waiting = RunningSource.start(database.source(), full);
        assertThat(waiting.ended(Duration.ofSeconds(2))).isFalse();
        waiting.close();

        // while it streams
        RecordingIntake fresh = new RecordingIntake();
        RunningSource streaming = RunningSource.start(database.source(), fresh);
        fresh.awaitChanges(ITEMS, 20_000);
        streaming.close();
        streaming.close();
    }

    @Test
    void a_token_that_is_not_its_own_begins_a_new_epoch() throws Exception {
        database.commit(new Write.Insert(ITEMS, 1, "one"));
        Resume foreign =
                new Resume(Optional.of(new ResumeToken("not mine")), Optional.of(new Position(3, 5, 0)), List.of());

        try (RunningSource _ = RunningSource.start(database.source(), intake, foreign)) {
            intake.awaitChanges(ITEMS, 1);
        }

        assertThat(intake.changes(ITEMS).getFirst().position().epoch()).isEqualTo(4);
    }
}
