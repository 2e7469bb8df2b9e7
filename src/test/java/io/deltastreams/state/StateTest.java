package io.deltastreams.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogClosed;
import io.deltastreams.log.LogSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("NullAway.Init") // opened before each test
class StateTest {

    @TempDir
    Path folder;

    private final Source source = new Source();
    private ChangeLog log;
    private State state;

    /** A source that says what the test wants. */
    private static final class Source implements Origin {

        private final List<TableId> asked = new CopyOnWriteArrayList<>();
        private final Set<TableId> read = java.util.concurrent.ConcurrentHashMap.newKeySet();
        private volatile Coverage coverage = Coverage.WHOLE;
        private volatile String refusal = "";

        void covers(Coverage.Snapshot snapshot, TableId... waiting) {
            coverage = new Coverage(snapshot, Set.of(waiting), Set.of());
        }

        @Override
        public Coverage coverage(ResumeToken token) {
            return coverage;
        }

        @Override
        public void read(TableId table) throws Unread {
            if (!refusal.isEmpty()) {
                throw new Unread(false, refusal);
            }
            covers(Coverage.Snapshot.COMPLETE, table);
            asked.add(table);
        }

        @Override
        public boolean wasRead(TableId table) {
            return read.contains(table);
        }
    }

    @BeforeEach
    void start() throws IOException {
        log = ChangeLog.open(settings());
        state = new State(new StateSettings(folder.resolve("state"), folder.resolve("log"), 8 << 20), log, source);
        state.start();
    }

    private LogSettings settings() {
        return new LogSettings(
                folder.resolve("log"),
                LogSettings.Durability.EPHEMERAL,
                64 << 10,
                Duration.ofDays(365),
                1L << 30,
                2L << 30,
                LogSettings.OverBudget.CUT);
    }

    @AfterEach
    void stop() {
        state.close();
        log.close();
    }

    private void restart() throws IOException {
        stop();
        start();
    }

    private CurrentRows rows() throws Exception {
        return state.rows(_ -> true, Position.START).get(20, TimeUnit.SECONDS);
    }

    private static Map<TableId, List<String>> all(CurrentRows rows, long bytes) throws IOException {
        Map<TableId, List<String>> all = new HashMap<>();
        for (List<Change.Insert> next = rows.next(bytes); !next.isEmpty(); next = rows.next(bytes)) {
            for (Change.Insert insert : next) {
                assertThat(insert.position()).isEqualTo(rows.position());
                all.computeIfAbsent((TableId) insert.schema().relation(), _ -> new ArrayList<>())
                        .add(text(insert.after()));
            }
        }
        all.replaceAll((_, texts) -> texts.stream().sorted().toList());
        return all;
    }

    private static String text(Row row) {
        return Mirror.text(IntStream.range(0, row.size()).mapToObj(row::get).toArray());
    }

    /** As of the log's end. */
    private Map<TableId, List<String>> now() throws Exception {
        Position end = log.last().orElse(Position.START);
        try (CurrentRows rows = state.rows(_ -> true, end).get(20, TimeUnit.SECONDS)) {
            return all(rows, 1 << 20);
        }
    }

    static Stream<Long> seeds() {
        return new Random().longs(8).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void gives_what_the_tables_held_at_its_position(long seed) throws Exception {
        Random random = new Random(seed);
        Mirror mirror = new Mirror(random);
        List<CurrentRows> held = new ArrayList<>();
        CompletableFuture<Void> appended = CompletableFuture.completedFuture(null);
        for (int i = 0; i < 300; i++) {
            appended = random.nextInt(100) == 0 ? mirror.beginAgain(log) : mirror.commit(log);
            switch (random.nextInt(40)) {
                case 0 -> {
                    held.forEach(CurrentRows::close);
                    held.clear();
                    appended.join();
                    restart();
                }
                case 1 -> mirror.addColumn();
                case 2, 3 -> {
                    if (held.size() < 10) {
                        held.add(rows());
                    }
                }
                default -> {}
            }
            if (random.nextInt(10) == 0 && !held.isEmpty()) {
                try (CurrentRows rows = held.remove(random.nextInt(held.size()))) {
                    assertThat(all(rows, 1 + random.nextInt(2000)))
                            .as("seed %d at %s", seed, rows.position())
                            .isEqualTo(mirror.at(rows.position()));
                }
            }
        }
        held.forEach(CurrentRows::close);
        appended.join();
        Position last = log.last().orElseThrow();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(state.status().position()).contains(last));
        assertThat(now()).as("seed %d at the end", seed).isEqualTo(mirror.at(last));
    }

    private static final Schema ORDERS = new Schema(
            new TableId("public", "orders"),
            1,
            List.of(new Column("id", Type.Simple.INT32, false), new Column("note", Type.Simple.TEXT, true)),
            List.of(0));

    private static final TableId ORDERS_ID = (TableId) ORDERS.relation();

    private long commits;

    private void insert(Schema schema, Transaction.Kind kind, Row... rows) {
        long commit = ++commits;
        List<Change> changes = new ArrayList<>();
        for (Row row : rows) {
            changes.add(new Change.Insert(new Position(1, commit, changes.size()), schema, row));
        }
        log.append(new Batch(
                        List.of(new Transaction("t", kind, Mirror.NOON, changes, true)), new ResumeToken("t" + commit)))
                .join();
    }

    private void insert(int id) {
        insert(ORDERS, Transaction.Kind.COMMIT, Row.of(id, "n" + id));
    }

    @Test
    void whoever_asks_before_the_snapshot_is_finished_gets_rows_when_it_is() throws Exception {
        source.covers(Coverage.Snapshot.RUNNING);
        insert(1);
        CompletableFuture<CurrentRows> early = state.rows(_ -> true, Position.START);
        insert(2);
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(state.status().message()).isEqualTo("the source's snapshot is not finished"));
        assertThat(early).isNotDone();

        source.covers(Coverage.Snapshot.COMPLETE);
        try (CurrentRows rows = early.get(20, TimeUnit.SECONDS)) {
            assertThat(all(rows, 1000).get(ORDERS_ID)).containsExactly("[1, n1]", "[2, n2]");
        }
    }

    @Test
    void where_no_snapshot_is_taken_nobody_waits_for_rows() {
        source.covers(Coverage.Snapshot.NEVER);
        insert(1);
        assertThatThrownBy(this::rows)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("snapshot: never");
    }

    @Test
    void a_table_that_is_still_to_be_read_is_waited_for_by_those_who_want_it() throws Exception {
        TableId later = new TableId("public", "later");
        insert(1);
        source.covers(Coverage.Snapshot.COMPLETE, later);
        CompletableFuture<CurrentRows> both = state.rows(_ -> true, Position.START);
        Awaitility.await().until(() -> state.status().message().isEmpty());
        state.rows(ORDERS_ID::equals, Position.START).get(20, TimeUnit.SECONDS).close();
        Schema schema = new Schema(later, 1, ORDERS.columns(), List.of(0));
        insert(schema, Transaction.Kind.SNAPSHOT, Row.of(7, null));
        Awaitility.await().until(() -> state.status().missing().containsKey(later));
        assertThat(both).isNotDone();

        source.read.add(later);
        source.covers(Coverage.Snapshot.COMPLETE);
        try (CurrentRows rows = both.get(20, TimeUnit.SECONDS)) {
            assertThat(all(rows, 1000)).containsOnlyKeys(ORDERS_ID, later);
        }
    }

    @Test
    void a_reading_that_is_cancelled_is_asked_for_again_but_not_for_ever() throws Exception {
        insert(1);
        source.covers(Coverage.Snapshot.COMPLETE, ORDERS_ID);
        Awaitility.await().until(() -> state.status().missing().containsKey(ORDERS_ID));
        for (int cancelled = 1; cancelled <= 2; cancelled++) {
            int times = cancelled;
            source.covers(Coverage.Snapshot.COMPLETE);
            Awaitility.await().untilAsserted(() -> assertThat(source.asked).hasSize(times));
            Awaitility.await()
                    .untilAsserted(() ->
                            assertThat(state.status().missing()).containsEntry(ORDERS_ID, "its rows are being read"));
        }
        source.covers(Coverage.Snapshot.COMPLETE);
        Awaitility.await()
                .untilAsserted(() -> assertThat(state.status().missing())
                        .containsEntry(ORDERS_ID, "its reading was cancelled or interrupted"));
        insert(2);
        Awaitility.await().until(() -> state.status().position().equals(log.last()));
        assertThat(source.asked).hasSize(2);

        // A user asks: POST /admin/snapshots.
        source.covers(Coverage.Snapshot.COMPLETE, ORDERS_ID);
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(state.status().missing()).containsEntry(ORDERS_ID, "its rows are being read"));
        source.read.add(ORDERS_ID);
        source.covers(Coverage.Snapshot.COMPLETE);
        rows().close();
    }

    @Test
    void a_lost_folder_is_built_anew_from_the_log() throws Exception {
        IntStream.range(0, 100).forEach(this::insert);
        assertThat(now().get(ORDERS_ID)).hasSize(100);
        stop();
        remove(folder.resolve("state"));
        start();
        assertThat(now().get(ORDERS_ID)).hasSize(100);
        assertThat(source.asked).isEmpty();
    }

    @Test
    void a_damaged_store_is_built_anew_from_the_log() throws Exception {
        IntStream.range(0, 100).forEach(this::insert);
        now();
        stop();
        try (Stream<Path> files = Files.list(folder.resolve("state"))) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("MANIFEST"))
                    .toList()) {
                Files.write(file, new byte[100]);
            }
        }
        start();
        assertThat(now().get(ORDERS_ID)).hasSize(100);
    }

    @Test
    void a_log_that_was_begun_anew_is_not_taken_for_the_one_that_the_state_is_of() throws Exception {
        IntStream.range(0, 100).forEach(this::insert);
        now();
        stop();
        remove(folder.resolve("log"));
        commits = 1000;
        start();
        insert(1);
        Awaitility.await().until(() -> state.status().position().equals(log.last()));
        assertThat(now().get(ORDERS_ID)).containsExactly("[1, n1]");
    }

    @Test
    void where_the_log_no_longer_tells_the_source_is_asked_for_the_rows() throws Exception {
        insert(1);
        now();
        stop();
        remove(folder.resolve("state"));
        // Segments of 64 KB: the first ones go.
        LogSettings small = new LogSettings(
                folder.resolve("log"),
                LogSettings.Durability.EPHEMERAL,
                64 << 10,
                Duration.ofDays(365),
                64 << 10,
                1 << 20,
                LogSettings.OverBudget.CUT);
        try (ChangeLog cut = ChangeLog.open(small)) {
            log = cut;
            for (int i = 2; cut.removedUpTo().equals(Position.START); i++) {
                insert(ORDERS, Transaction.Kind.COMMIT, Row.of(i, "n".repeat(1000)));
            }
        }
        start();
        CompletableFuture<CurrentRows> rows = state.rows(_ -> true, Position.START);
        Awaitility.await().untilAsserted(() -> assertThat(source.asked).containsExactly(ORDERS_ID));
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(state.status().missing()).containsEntry(ORDERS_ID, "its rows are being read"));
        insert(ORDERS, Transaction.Kind.SNAPSHOT, Row.of(1, "n1"));
        assertThat(rows).isNotDone();
        source.read.add(ORDERS_ID);
        source.covers(Coverage.Snapshot.COMPLETE);
        try (CurrentRows given = rows.get(20, TimeUnit.SECONDS)) {
            assertThat(all(given, 1 << 20).get(ORDERS_ID)).contains("[1, n1]");
        }
    }

    /** What {@code ALTER TABLE} does to rows without a word in the log. */
    enum Alteration {
        ADD_NOT_NULL,
        CHANGE_TYPE;

        Schema schema() {
            Column id = ORDERS.columns().getFirst();
            Column note = ORDERS.columns().getLast();
            return new Schema(
                    ORDERS_ID,
                    2,
                    switch (this) {
                        case ADD_NOT_NULL -> List.of(id, note, new Column("more", Type.Simple.INT32, false));
                        case CHANGE_TYPE -> List.of(id, new Column("note", Type.Simple.INT32, true));
                    },
                    List.of(0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void rows_that_an_alter_table_gave_values_are_asked_for_again(Alteration alteration) throws Exception {
        insert(1);
        now();
        Schema after = alteration.schema();
        insert(
                after,
                Transaction.Kind.COMMIT,
                Row.of(Stream.of(2, null, 3).limit(after.columns().size()).toArray()));
        Awaitility.await().untilAsserted(() -> assertThat(source.asked).containsExactly(ORDERS_ID));
    }

    @Test
    void a_table_that_cannot_be_read_again_is_told_and_does_not_hold_up_the_others() throws Exception {
        insert(1);
        now();
        source.refusal = "it has no key";
        Schema after = Alteration.ADD_NOT_NULL.schema();
        insert(after, Transaction.Kind.COMMIT, Row.of(2, null, 3));
        Awaitility.await()
                .untilAsserted(() -> assertThat(state.status().missing())
                        .containsEntry(ORDERS_ID, "column 'more' was added and is never null"));
        TableId others = new TableId("public", "others");
        insert(new Schema(others, 1, ORDERS.columns(), List.of(0)), Transaction.Kind.COMMIT, Row.of(1, null));
        Awaitility.await().until(() -> state.status().position().equals(log.last()));
        try (CurrentRows rows = state.rows(others::equals, Position.START).get(20, TimeUnit.SECONDS)) {
            assertThat(all(rows, 1000)).containsOnlyKeys(others);
        }
    }

    @Test
    void events_leave_no_rows() throws Exception {
        source.coverage = new Coverage(Coverage.Snapshot.COMPLETE, Set.of(), Set.of(ORDERS_ID));
        Schema schema = new Schema(new TableId("public", "others"), 1, ORDERS.columns(), List.of(0));
        insert(schema, Transaction.Kind.COMMIT, Row.of(1, null));
        now();
        insert(1);
        insert(schema, Transaction.Kind.COMMIT, Row.of(2, null));
        assertThat(now()).containsOnlyKeys((TableId) schema.relation());
    }

    @Test
    void more_readers_than_places_wait_and_one_that_gives_up_takes_none() throws Exception {
        insert(1);
        List<CurrentRows> readers = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            readers.add(rows());
        }
        CompletableFuture<CurrentRows> gone = state.rows(_ -> true, Position.START);
        CompletableFuture<CurrentRows> next = state.rows(_ -> true, Position.START);
        gone.cancel(false);
        assertThat(next).isNotDone();
        assertThat(state.status().readers()).isEqualTo(16);
        readers.removeLast().close();
        readers.add(next.get(20, TimeUnit.SECONDS));
        readers.forEach(CurrentRows::close);
        assertThat(state.status().readers()).isZero();
    }

    @Test
    void whoever_wants_rows_of_a_later_place_waits_for_it() throws Exception {
        insert(1);
        now();
        CompletableFuture<CurrentRows> later = state.rows(_ -> true, new Position(1, 3, 0));
        insert(2);
        Awaitility.await().until(() -> state.status().position().equals(log.last()));
        assertThat(later).isNotDone();
        insert(3);
        try (CurrentRows rows = later.get(20, TimeUnit.SECONDS)) {
            assertThat(rows.position()).isEqualTo(new Position(1, 3, 0));
        }
    }

    @Test
    void whoever_waits_when_it_is_closed_is_told_so_and_open_rows_end() throws Exception {
        insert(1);
        CurrentRows open = rows();
        source.covers(Coverage.Snapshot.RUNNING);
        Awaitility.await().until(() -> !state.status().message().isEmpty());
        CompletableFuture<CurrentRows> waiting = state.rows(_ -> true, Position.START);
        state.close();
        assertThatThrownBy(waiting::get).hasCauseInstanceOf(LogClosed.class);
        assertThatThrownBy(() -> open.next(1000)).isInstanceOf(LogClosed.class);
        open.close();
    }

    private static void remove(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
