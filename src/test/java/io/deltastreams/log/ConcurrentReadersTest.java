package io.deltastreams.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrentReadersTest {

    private static final int COMMITS = 4000;

    @TempDir
    Path folder;

    @Test
    void readers_at_the_tail_and_far_behind_see_everything_once_and_in_order() throws Exception {
        LogSettings settings = new LogSettings(
                folder,
                LogSettings.Durability.FSYNC,
                1 << 16,
                Duration.ofDays(365_000),
                1L << 40,
                1L << 40,
                LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Position>>> readers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long maxBytes = i % 2 == 0 ? 1 : 100_000;
                readers.add(threads.submit(() -> follow(log, maxBytes)));
            }
            List<CompletableFuture<Void>> appends = new ArrayList<>();
            for (int i = 1; i <= COMMITS; i++) {
                appends.add(log.append(Batches.orderBatch(i)));
                if (i % 100 == 0) {
                    appends.getLast().join();
                }
            }
            appends.forEach(CompletableFuture::join);
            assertEverything(readers);
        }
        try (ChangeLog log = ChangeLog.open(settings);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertEverything(List.of(threads.submit(() -> follow(log, 100_000))));
        }
    }

    @Test
    void readers_and_retention_never_trip_over_each_other() throws Exception {
        LogSettings settings = new LogSettings(
                folder,
                LogSettings.Durability.EPHEMERAL,
                4096,
                Duration.ofDays(365_000),
                20_000,
                40_000,
                LogSettings.OverBudget.WAIT);
        try (ChangeLog log = ChangeLog.open(settings);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(threads.submit(() -> rereadUntilTheEnd(log)));
            }
            for (int i = 1; i <= COMMITS; i++) {
                log.append(Batches.orderBatch(i)).join();
            }
            for (Future<Integer> reader : readers) {
                assertThat(reader.get()).isPositive();
            }
        }
    }

    private static List<Position> follow(ChangeLog log, long maxBytes) throws IOException {
        List<Position> seen = new ArrayList<>();
        Position at = Position.START;
        while (seen.size() < 3 * COMMITS) {
            log.beyond(at).join();
            Slice.Changes slice = (Slice.Changes) log.read(at, Batches.ORDERS::equals, maxBytes);
            for (Transaction transaction : slice.transactions()) {
                transaction.changes().stream().map(Change::position).forEach(seen::add);
            }
            at = slice.upTo();
        }
        return seen;
    }

    /** Always from the oldest that is left, where retention is at work. */
    private static int rereadUntilTheEnd(ChangeLog log) throws IOException {
        int reads = 0;
        Position last = Position.START;
        while (last.commit() < COMMITS) {
            Position from = log.removedUpTo();
            if (log.read(from, _ -> true, 1) instanceof Slice.Changes changes) {
                for (Transaction transaction : changes.transactions()) {
                    assertThat(transaction.first()).isGreaterThan(from);
                    reads++;
                }
            }
            last = log.last().orElse(Position.START);
        }
        return reads;
    }

    private static void assertEverything(List<Future<List<Position>>> readers)
            throws InterruptedException, ExecutionException {
        List<Position> expected = new ArrayList<>();
        for (int commit = 1; commit <= COMMITS; commit++) {
            for (int index = 0; index < 3; index++) {
                expected.add(new Position(1, commit, index));
            }
        }
        for (Future<List<Position>> reader : readers) {
            assertThat(reader.get()).isEqualTo(expected);
        }
    }
}
