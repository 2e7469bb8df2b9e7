package io.deltastreams.log;

import static io.deltastreams.log.Batches.orderBatch;
import static io.deltastreams.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetentionTest {

    private static final Duration FOREVER = Duration.ofDays(365_000);

    @TempDir
    Path folder;

    private LogSettings settings(Duration age, long size, long budget, LogSettings.OverBudget overBudget) {
        return new LogSettings(folder, LogSettings.Durability.FSYNC, 4096, age, size, budget, overBudget);
    }

    private LogSettings sized() {
        return settings(FOREVER, 20_000, 40_000, LogSettings.OverBudget.WAIT);
    }

    @Test
    void beyond_its_size_the_oldest_goes_and_its_readers_are_told_also_after_reopening() throws IOException {
        Position removed;
        try (ChangeLog log = ChangeLog.open(sized())) {
            append(log, 1, 200);
            removed = log.removedUpTo();
            assertThat(removed).isGreaterThan(Position.START);
            assertThat(log.status().bytes()).isLessThan(20_000 + 4096);
            assertGapThenRest(log, removed);
        }
        try (ChangeLog log = ChangeLog.open(sized())) {
            assertThat(log.removedUpTo()).isEqualTo(removed);
            assertGapThenRest(log, removed);
            assertThat(log.schemas()).containsExactly(Batches.ORDER);
        }
    }

    private static void assertGapThenRest(ChangeLog log, Position removed) throws IOException {
        assertThat(log.read(Position.START, _ -> true, 1000)).isEqualTo(new Slice.Gap(Position.START, removed));
        Position inside = new Position(1, removed.commit(), 0);
        assertThat(log.read(inside, _ -> true, 1000)).isEqualTo(new Slice.Gap(inside, removed));
        List<Transaction> rest = readAll(log, removed);
        assertThat(rest.getFirst().first()).isEqualTo(new Position(1, removed.commit() + 1, 0));
        assertThat(rest.getLast().last()).isEqualTo(new Position(1, 200, 2));
        assertThat(log.before(Instant.EPOCH)).isEqualTo(removed);
    }

    @Test
    void what_is_older_than_its_age_goes() throws IOException {
        Duration age = Duration.between(Batches.TIME, Instant.now()).minusSeconds(100);
        try (ChangeLog log = ChangeLog.open(settings(age, 1 << 20, 1 << 20, LogSettings.OverBudget.WAIT))) {
            append(log, 1, 100);
            assertThat(log.removedUpTo()).isGreaterThan(Position.START);
            append(log, 10_000, 10_100);
            assertThat(log.removedUpTo()).isGreaterThanOrEqualTo(new Position(1, 90, 0));
            assertThat(log.removedUpTo()).isLessThan(new Position(1, 10_050, 0));
        }
    }

    @Test
    void what_a_pinned_reader_needs_stays_until_it_has_moved_or_gone() throws IOException {
        AtomicReference<Position> reader = new AtomicReference<>(Position.START);
        LogSettings settings = settings(Duration.ZERO, 1, 1 << 20, LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings)) {
            ChangeLog.Pin pin = log.pin("kafka", reader::get);
            append(log, 1, 100);
            assertThat(log.removedUpTo()).isEqualTo(Position.START);

            reader.set(new Position(1, 50, 2));
            log.append(orderBatch(101)).join();
            await().untilAsserted(() -> assertThat(log.removedUpTo()).isGreaterThan(Position.START));
            assertThat(log.removedUpTo()).isLessThanOrEqualTo(new Position(1, 50, 2));
            assertThat(readAll(log, new Position(1, 50, 2))).hasSize(51);

            pin.close();
            log.append(orderBatch(102)).join();
            await().untilAsserted(() -> assertThat(log.status().segments()).isOne());
        }
    }

    @Test
    void at_the_budget_appends_wait_say_so_and_go_on_by_themselves() throws IOException {
        AtomicReference<Position> reader = new AtomicReference<>(Position.START);
        LogSettings settings = settings(FOREVER, 10_000, 16_384, LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings);
                ChangeLog.Pin _ = log.pin("kafka", reader::get)) {
            List<CompletableFuture<Void>> appends = LongStream.rangeClosed(1, 100)
                    .mapToObj(i -> log.append(orderBatch(i)))
                    .toList();
            await().untilAsserted(
                            () -> assertThat(log.status().waiting().isPresent()).isTrue());
            assertThat(log.status().waitingFor()).containsExactly("kafka");
            assertThat(log.status().bytes()).isLessThanOrEqualTo(16_384);
            assertThat(appends.getLast()).isNotDone();
            assertThat(log.removedUpTo()).isEqualTo(Position.START);

            Position at = Position.START;
            while (!appends.getLast().isDone()) {
                log.beyond(at).join();
                at = ((Slice.Changes) log.read(at, _ -> true, 1)).upTo();
                reader.set(at);
                assertThat(log.status().bytes()).isLessThanOrEqualTo(16_384);
            }
            appends.forEach(CompletableFuture::join);
            assertThat(log.status().waiting().isPresent()).isFalse();
        }
    }

    @Test
    void a_long_wait_at_the_budget_is_logged_once_with_the_reader_that_it_is_for_and_so_is_its_end()
            throws IOException {
        List<String> told = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger(GroupCommit.class.getName());
        Handler listener = new ListHandler(told);
        logger.addHandler(listener);
        LogSettings settings = settings(FOREVER, 10_000, 16_384, LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings)) {
            ChangeLog.Pin pin = log.pin("kafka", () -> Position.START);
            List<CompletableFuture<Void>> appends = LongStream.rangeClosed(1, 100)
                    .mapToObj(i -> log.append(orderBatch(i)))
                    .toList();
            await().untilAsserted(() -> assertThat(told).hasSize(1));
            pin.close();
            appends.forEach(CompletableFuture::join);
        } finally {
            logger.removeHandler(listener);
        }

        assertThat(told).hasSize(2);
        assertThat(told.getFirst()).contains("kafka");
        assertThat(told.getLast()).contains("room");
    }

    private static final class ListHandler extends Handler {

        private final List<String> told;

        ListHandler(List<String> told) {
            this.told = told;
        }

        @Override
        public void publish(LogRecord record) {
            told.add(new SimpleFormatter().formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void at_the_budget_a_log_set_to_cut_gives_its_readers_a_gap() throws IOException {
        LogSettings settings = settings(FOREVER, 10_000, 16_384, LogSettings.OverBudget.CUT);
        try (ChangeLog log = ChangeLog.open(settings);
                ChangeLog.Pin _ = log.pin("kafka", () -> Position.START)) {
            append(log, 1, 100);
            assertThat(log.status().bytes()).isLessThanOrEqualTo(16_384);
            assertThat(log.read(Position.START, _ -> true, 1)).isInstanceOf(Slice.Gap.class);
        }
    }

    @Test
    void a_batch_that_does_not_fit_beside_a_segment_that_is_not_full_waits_until_that_may_go() throws IOException {
        AtomicReference<Position> reader = new AtomicReference<>(Position.START);
        LogSettings settings = settings(FOREVER, 8192, 8192, LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings);
                ChangeLog.Pin _ = log.pin("kafka", reader::get)) {
            append(log, 1, 5);
            assertThat(log.status().segments()).isOne();

            CompletableFuture<Void> large = log.append(Batches.batch(Batches.orders(6, 60)));
            await().until(() -> log.status().waiting().isPresent());
            reader.set(new Position(1, 5, 2));
            large.join();

            assertThat(log.status().bytes()).isLessThanOrEqualTo(8192);
            assertThat(readAll(log, new Position(1, 5, 2))).containsExactly(Batches.orders(6, 60));
        }
    }

    @Test
    void a_batch_larger_than_the_budget_passes_alone() throws IOException {
        try (ChangeLog log = ChangeLog.open(settings(FOREVER, 8192, 8192, LogSettings.OverBudget.WAIT))) {
            append(log, 1, 5);
            log.append(Batches.batch(Batches.orders(6, 200))).join();
            assertThat(log.removedUpTo()).isEqualTo(new Position(1, 5, 2));
            append(log, 7, 8);
            assertThat(log.status().bytes()).isLessThanOrEqualTo(8192);
            assertThat(readAll(log, new Position(1, 6, 199))).hasSize(2);
        }
    }

    @Test
    void closing_ends_an_append_that_waits_for_room() throws IOException {
        LogSettings settings = settings(FOREVER, 10_000, 16_384, LogSettings.OverBudget.WAIT);
        ChangeLog log = ChangeLog.open(settings);
        log.pin("kafka", () -> Position.START);
        CompletableFuture<Void> last = null;
        for (int i = 1; i <= 100; i++) {
            last = log.append(orderBatch(i));
        }
        await().until(() -> log.status().waiting().isPresent());
        log.close();
        assertThat(last).failsWithin(Duration.ZERO).withThrowableThat().withCauseInstanceOf(LogClosed.class);
        try (ChangeLog reopened = ChangeLog.open(settings)) {
            assertThat(readAll(reopened, Position.START)).isNotEmpty();
        }
    }

    private static void append(ChangeLog log, long from, long to) {
        for (long i = from; i <= to; i++) {
            log.append(orderBatch(i)).join();
        }
    }
}
