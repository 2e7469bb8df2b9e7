package io.deltastreams.log;

import static io.deltastreams.log.Batches.CUSTOMER;
import static io.deltastreams.log.Batches.CUSTOMERS;
import static io.deltastreams.log.Batches.ORDER;
import static io.deltastreams.log.Batches.ORDERS;
import static io.deltastreams.log.Batches.TIME;
import static io.deltastreams.log.Batches.batch;
import static io.deltastreams.log.Batches.inserts;
import static io.deltastreams.log.Batches.orderBatch;
import static io.deltastreams.log.Batches.orders;
import static io.deltastreams.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.deltastreams.Jvm;
import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeLogTest {

    private static final long MB = 1 << 20;

    @TempDir
    Path folder;

    private LogSettings settings(long segmentSize) {
        return new LogSettings(
                folder,
                LogSettings.Durability.FSYNC,
                segmentSize,
                Duration.ofDays(365_000),
                1L << 40,
                1L << 40,
                LogSettings.OverBudget.WAIT);
    }

    @Test
    void a_new_log_is_empty() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(log.last()).isEmpty();
            assertThat(log.resumeToken()).isEmpty();
            assertThat(log.schemas()).isEmpty();
            assertThat(log.removedUpTo()).isEqualTo(Position.START);
            assertThat(log.read(Position.START, _ -> true, MB)).isEqualTo(new Slice.Changes(Position.START));
            assertThat(log.before(TIME)).isEqualTo(Position.START);
            assertThat(log.status()).isEqualTo(new LogStatus(0, 0, List.of(), Optional.empty()));
        }
    }

    @Test
    void an_empty_log_may_begin_behind_a_position() throws IOException {
        Position begin = new Position(1, 7, 2);
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            log.begin(begin);
            log.append(batch(orders(7, 3))).join();
            assertThat(log.last()).as("what comes up to it is a duplicate").contains(begin);
            log.append(batch(orders(8, 3))).join();
            log.begin(new Position(1, 9, 0));
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(log.removedUpTo()).isEqualTo(begin);
            assertThat(log.last()).contains(new Position(1, 8, 2));
            assertThat(log.read(begin, _ -> true, MB))
                    .isInstanceOfSatisfying(
                            Slice.Changes.class,
                            read -> assertThat(read.transactions()).containsExactly(orders(8, 3)));
            assertThat(log.read(new Position(1, 7, 1), _ -> true, MB))
                    .isEqualTo(new Slice.Gap(new Position(1, 7, 1), begin));
        }
        ChangeLog.discard(settings(MB));
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(log.last()).isEmpty();
            assertThat(log.resumeToken()).isEmpty();
            assertThat(log.status()).isEqualTo(new LogStatus(0, 0, List.of(), Optional.empty()));
        }
    }

    @Test
    void what_is_appended_is_read_from_memory_and_after_reopening_from_disk() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("ChangeLogTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            Path path = folder.resolve("round" + round);
            LogSettings settings = new LogSettings(
                    path,
                    LogSettings.Durability.EPHEMERAL,
                    4096L << random.nextInt(5),
                    Duration.ofDays(365_000),
                    1L << 40,
                    1L << 40,
                    LogSettings.OverBudget.WAIT);
            List<Batch> batches = Batches.random(random, 60);
            List<Transaction> expected = Batches.transactions(batches);
            try (ChangeLog log = ChangeLog.open(settings)) {
                batches.forEach(batch -> log.append(batch).join());
                assertThat(readAll(log, Position.START)).as("seed %d", seed).isEqualTo(expected);
            }
            try (ChangeLog log = ChangeLog.open(settings)) {
                assertThat(readAll(log, Position.START)).as("seed %d", seed).isEqualTo(expected);
                assertThat(log.last()).contains(expected.getLast().last());
                assertThat(log.resumeToken()).contains(batches.getLast().resume());
                for (int i = 0; i < 20; i++) {
                    List<Change> all = expected.stream()
                            .flatMap(each -> each.changes().stream())
                            .toList();
                    int start = random.nextInt(all.size());
                    assertThat(readAll(log, all.get(start).position()).stream()
                                    .flatMap(each -> each.changes().stream()))
                            .as("seed %d after %s", seed, all.get(start).position())
                            .isEqualTo(all.subList(start + 1, all.size()));
                }
            }
        }
    }

    @Test
    void rows_read_from_disk_stay_what_they_are_while_the_reader_goes_on() throws IOException {
        List<Transaction> expected = new ArrayList<>();
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            for (int commit = 1; commit <= 300; commit++) {
                expected.add(orders(commit, 3 + commit % 40));
                log.append(batch(expected.getLast())).join();
            }
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            Slice.Changes slice = (Slice.Changes) log.read(Position.START, _ -> true, MB / 2);

            assertThat(slice.transactions()).hasSizeGreaterThan(50);
            assertThat(slice.transactions())
                    .isEqualTo(expected.subList(0, slice.transactions().size()));
        }
    }

    @Test
    void readers_at_the_tail_share_the_objects_that_were_appended() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            Transaction transaction = orders(1, 3);
            log.append(batch(transaction)).join();
            Slice.Changes read = (Slice.Changes) log.read(Position.START, _ -> true, MB);
            assertThat(read.transactions().getFirst()).isSameAs(transaction);
        }
    }

    @Test
    void a_batch_without_transactions_moves_only_the_token() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            log.append(orderBatch(1)).join();
            log.append(new Batch(List.of(), new ResumeToken("heartbeat"))).join();
            assertThat(log.resumeToken()).contains(new ResumeToken("heartbeat"));
            assertThat(log.last()).contains(new Position(1, 1, 2));
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(log.resumeToken()).contains(new ResumeToken("heartbeat"));
            assertThat(log.last()).contains(new Position(1, 1, 2));
        }
    }

    @Test
    void what_a_restarted_source_sends_again_is_dropped_but_its_token_counts() throws IOException {
        for (boolean reopened : new boolean[] {false, true}) {
            LogSettings settings = LogSettings.at(folder.resolve("reopened-" + reopened));
            ChangeLog log = ChangeLog.open(settings);
            log.append(batch(orders(1, 3), inserts(ORDER, 2, 0, 2, TIME, false)))
                    .join();
            if (reopened) {
                log.close();
                log = ChangeLog.open(settings);
            }
            log.append(new Batch(List.of(orders(1, 3)), new ResumeToken("again")))
                    .join();
            assertThat(log.resumeToken()).contains(new ResumeToken("again"));
            log.append(batch(orders(1, 3), inserts(ORDER, 2, 0, 5, TIME, true), orders(3, 1)))
                    .join();
            log.close();
            log = ChangeLog.open(settings);
            List<Transaction> expected = List.of(
                    orders(1, 3),
                    inserts(ORDER, 2, 0, 2, TIME, false),
                    inserts(ORDER, 2, 2, 3, TIME, true),
                    orders(3, 1));
            assertThat(readAll(log, Position.START)).isEqualTo(expected);
            log.close();
        }
    }

    @Test
    void a_read_tells_whether_it_ends_with_a_transaction_whatever_is_left_out_of_it() throws IOException {
        for (int round = 0; round < 2; round++) {
            try (ChangeLog log = ChangeLog.open(settings(MB))) {
                if (round == 0) {
                    log.append(batch(inserts(CUSTOMER, 2, 0, 3, TIME, false))).join();
                    log.append(batch(inserts(ORDER, 2, 3, 3, TIME, true))).join();
                    log.append(orderBatch(3)).join();
                }
                assertThat(changes(log, Position.START).whole()).isFalse();
                Slice.Changes rest = changes(log, new Position(1, 2, 2));
                assertThat(rest.transactions()).isEmpty();
                assertThat(rest.whole()).isTrue();
            }
        }
    }

    private static Slice.Changes changes(ChangeLog log, Position after) throws IOException {
        return (Slice.Changes) log.read(after, CUSTOMERS::equals, 1);
    }

    @Test
    void a_reader_sees_its_tables_only_and_moves_past_the_others() throws IOException {
        Transaction mixed = new Transaction(
                "m",
                Transaction.Kind.COMMIT,
                TIME,
                List.of(
                        new Change.Insert(new Position(1, 2, 0), ORDER, Row.of(1L, "a")),
                        new Change.Insert(new Position(1, 2, 1), CUSTOMER, Row.of(2L, null)),
                        new Change.Truncate(new Position(1, 2, 2), ORDER)),
                true);
        Transaction customer = inserts(CUSTOMER, 2, 0, 1, TIME, true);
        Slice.Changes expected = new Slice.Changes(
                List.of(new Transaction(
                        "m",
                        Transaction.Kind.COMMIT,
                        TIME,
                        List.of(mixed.changes().get(1)),
                        true)),
                new Position(1, 3, 2),
                true,
                Optional.of(orders(3, 3).committedAt()));
        for (int round = 0; round < 2; round++) {
            try (ChangeLog log = ChangeLog.open(settings(MB))) {
                log.append(orderBatch(1)).join();
                log.append(batch(mixed)).join();
                log.append(orderBatch(3)).join();
                assertThat(log.read(Position.START, CUSTOMERS::equals, MB)).isEqualTo(expected);
                assertThat(log.read(new Position(1, 2, 1), CUSTOMERS::equals, MB))
                        .isEqualTo(new Slice.Changes(List.of(), new Position(1, 3, 2), true, expected.committedAt()));
                assertThat(customer.last()).isLessThan(new Position(1, 2, 1));
            }
        }
    }

    @Test
    void a_schema_is_known_in_every_segment_and_the_latest_survives() throws IOException {
        List<Transaction> expected = new ArrayList<>();
        try (ChangeLog log = ChangeLog.open(settings(4096))) {
            log.append(batch(inserts(CUSTOMER, 1, 0, 1, TIME, true))).join();
            for (int i = 2; i < 100; i++) {
                Transaction transaction = inserts(Batches.schema(ORDERS, 1 + i / 10), i, 0, 4, TIME, true);
                expected.add(transaction);
                log.append(batch(transaction)).join();
            }
            assertThat(log.status().segments()).isGreaterThan(5);
            assertThat(log.schemas()).containsExactlyInAnyOrder(CUSTOMER, Batches.schema(ORDERS, 10));
        }
        try (ChangeLog log = ChangeLog.open(settings(4096))) {
            assertThat(log.schemas()).containsExactlyInAnyOrder(CUSTOMER, Batches.schema(ORDERS, 10));
            assertThat(readAll(log, new Position(1, 1, 0))).isEqualTo(expected);
        }
    }

    @Test
    void a_read_is_bounded_but_gives_a_batch_at_least() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            for (int i = 1; i < 10; i++) {
                log.append(orderBatch(i)).join();
            }
            assertThat(((Slice.Changes) log.read(Position.START, _ -> true, 1)).transactions())
                    .containsExactly(orders(1, 3));
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(((Slice.Changes) log.read(Position.START, _ -> true, 1)).transactions())
                    .containsExactly(orders(1, 3));
        }
    }

    @Test
    void a_position_behind_the_end_waits_for_what_follows_it() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            log.append(orderBatch(1)).join();
            Position future = new Position(1, 5, 0);
            CompletableFuture<Void> beyond = log.beyond(future);
            assertThat(log.read(future, _ -> true, MB)).isEqualTo(new Slice.Changes(future));
            log.append(orderBatch(4)).join();
            assertThat(beyond).isNotDone();
            log.append(orderBatch(5)).join();
            beyond.join();
            Slice.Changes read = (Slice.Changes) log.read(future, _ -> true, MB);
            assertThat(read.transactions().getFirst().first()).isEqualTo(new Position(1, 5, 1));
            assertThat(log.beyond(Position.START)).isDone();
        }
    }

    @Test
    void the_last_position_before_a_time_lets_a_reader_see_everything_since() throws IOException {
        for (int round = 0; round < 2; round++) {
            try (ChangeLog log = ChangeLog.open(settings(4096))) {
                for (int i = 1; i < 60; i++) {
                    log.append(batch(orders(2L * i, 3), orders(2L * i + 1, 2))).join();
                }
                assertThat(log.before(TIME)).isEqualTo(Position.START);
                assertThat(log.before(TIME.plusSeconds(2))).isEqualTo(Position.START);
                assertThat(log.before(TIME.plusSeconds(3))).isEqualTo(new Position(1, 2, 2));
                assertThat(log.before(TIME.plusSeconds(80).plusNanos(1))).isEqualTo(new Position(1, 80, 2));
                assertThat(log.before(TIME.plusSeconds(81))).isEqualTo(new Position(1, 80, 2));
                assertThat(log.before(TIME.plusSeconds(1000)))
                        .isEqualTo(log.last().orElseThrow());
            }
        }
    }

    @Test
    void a_second_opening_of_the_same_folder_is_refused() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThatThrownBy(() -> ChangeLog.open(settings(MB)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            log.append(orderBatch(1)).join();
            assertThat(openedByAnotherProcess()).contains("in use: another process has it open");
        }
        ChangeLog.open(settings(MB)).close();
    }

    private String openedByAnotherProcess() throws IOException {
        Process process = Jvm.of(KilledProcessTest.Appender.class, "64m", folder.toString())
                .redirectErrorStream(true)
                .start();
        try (var told = process.inputReader()) {
            return told.lines().limit(20).collect(Collectors.joining());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void closing_writes_what_is_queued() throws IOException {
        List<CompletableFuture<Void>> appends = new ArrayList<>();
        ChangeLog log = ChangeLog.open(settings(MB));
        for (int i = 1; i <= 500; i++) {
            appends.add(log.append(orderBatch(i)));
        }
        CompletableFuture<Void> beyond = log.beyond(new Position(9, 0, 0));
        log.close();
        assertThat(appends).allMatch(CompletableFuture::isDone).noneMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(beyond).isCompletedExceptionally();
        assertThat(catchThrowable(() -> log.append(orderBatch(501)).join()))
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("closed");
        try (ChangeLog reopened = ChangeLog.open(settings(MB))) {
            assertThat(readAll(reopened, Position.START)).hasSize(500);
        }
    }

    @Test
    void a_row_that_does_not_fit_its_schema_is_its_senders_failure_and_leaves_no_trace() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            for (int round = 1; round < 3; round++) {
                Change bad = new Change.Insert(
                        new Position(1, 9, 0), Batches.schema(ORDERS, 7), Row.of("not a number", "x"));
                Batch batch = batch(new Transaction("bad", Transaction.Kind.COMMIT, TIME, List.of(bad), true));
                assertThatThrownBy(() -> log.append(batch))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("column 'id' of public.orders");
                log.append(orderBatch(round)).join();
            }
            assertThat(log.schemas()).containsExactly(ORDER);
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(readAll(log, Position.START)).containsExactly(orders(1, 3), orders(2, 3));
        }
    }

    @Test
    void a_disk_that_takes_nothing_for_now_is_waited_for() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(4096))) {
            Path inTheWay = Files.createDirectory(folder.resolve("0000000001.index"));
            List<CompletableFuture<Void>> appends = new ArrayList<>();
            for (int i = 1; i < 40; i++) {
                appends.add(log.append(orderBatch(i)));
            }
            await().untilAsserted(() -> assertThat(log.status().waiting().orElse(""))
                    .contains("its disk takes nothing more", inTheWay.toString()));
            assertThat(appends.getFirst()).isCompleted();
            assertThat(appends.getLast()).isNotDone();

            Files.delete(inTheWay);

            appends.forEach(CompletableFuture::join);
            assertThat(log.status().waiting()).isEmpty();
            assertThat(readAll(log, Position.START)).hasSize(39);
        }
    }

    @Test
    void closing_ends_an_append_that_waits_for_the_disk() throws IOException {
        ChangeLog log = ChangeLog.open(settings(4096));
        Path inTheWay = Files.createDirectory(folder.resolve("0000000001.index"));
        List<CompletableFuture<Void>> appends = new ArrayList<>();
        for (int i = 1; i < 40; i++) {
            appends.add(log.append(orderBatch(i)));
        }
        await().until(() -> log.status().waiting().isPresent());
        log.close();
        assertThat(appends.getLast())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(LogClosed.class);
        long kept = appends.stream()
                .filter(each -> !each.isCompletedExceptionally())
                .count();

        Files.delete(inTheWay);
        try (ChangeLog reopened = ChangeLog.open(settings(4096))) {
            assertThat(readAll(reopened, Position.START)).hasSize((int) kept);
        }
    }

    @Test
    void a_failing_disk_fails_this_and_every_later_append_and_says_so() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(4096))) {
            log.append(orderBatch(1)).join();
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
            List<CompletableFuture<Void>> appends = new ArrayList<>();
            for (int i = 2; i < 40; i++) {
                appends.add(log.append(orderBatch(i)));
            }
            assertThat(catchThrowable(() -> appends.getLast().join()))
                    .hasMessageContaining("the log cannot be written any more")
                    .hasMessageContaining(folder.toString());
            assertThat(catchThrowable(() -> log.append(orderBatch(40)).join()))
                    .hasMessageContaining("the log cannot be written any more");
            long written = appends.stream()
                    .filter(each -> !each.isCompletedExceptionally())
                    .count();
            assertThat(log.last()).contains(new Position(1, 1 + written, 2));
        }
        Files.createDirectories(folder);
    }

    @Test
    void a_batch_of_many_megabytes_is_read_in_one_piece_beside_small_ones() throws IOException {
        Transaction large = new Transaction(
                "large",
                Transaction.Kind.COMMIT,
                TIME,
                List.of(new Change.Insert(new Position(1, 2, 0), ORDER, Row.of(1L, "grüße ".repeat(2_000_000)))),
                true);
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            log.append(orderBatch(1)).join();
            log.append(batch(large)).join();
            log.append(orderBatch(3)).join();
        }
        try (ChangeLog log = ChangeLog.open(settings(MB))) {
            assertThat(readAll(log, Position.START)).isEqualTo(List.of(orders(1, 3), large, orders(3, 3)));
        }
    }

    @Test
    void who_comes_from_a_log_that_began_earlier_is_told_of_the_gap() throws IOException {
        Transaction first = orders(100, 2);
        for (int opened = 0; opened < 2; opened++) {
            try (ChangeLog log = ChangeLog.open(settings(MB))) {
                log.append(batch(first)).join();
                Position earlier = new Position(1, 99, 7);
                assertThat(log.read(earlier, _ -> true, MB)).isEqualTo(new Slice.Gap(earlier, new Position(1, 99, -1)));
                assertThat(log.read(new Position(1, 99, -1), _ -> true, MB)).isInstanceOf(Slice.Changes.class);
                for (Position beginning : List.of(Position.START, Position.beginning(1))) {
                    Slice.Changes all = (Slice.Changes) log.read(beginning, _ -> true, MB);
                    assertThat(all.transactions()).containsExactly(first);
                }
                assertThat(log.read(first.first(), _ -> true, MB)).isInstanceOf(Slice.Changes.class);
            }
        }
    }
}
