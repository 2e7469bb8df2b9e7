package io.deltastreams.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.Jvm;
import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariants 1 and 2 with a process that is killed while it appends. */
class KilledProcessTest {

    private static final int KILLS = 3;

    @TempDir
    Path folder;

    private static LogSettings settings(Path path) {
        return new LogSettings(
                path,
                LogSettings.Durability.FSYNC,
                1 << 18,
                Duration.ofDays(365_000),
                1L << 40,
                1L << 40,
                LogSettings.OverBudget.WAIT);
    }

    /** Appends on from the log's end and tells every commit once it is acknowledged. */
    static final class Appender {

        private Appender() {}

        public static void main(String[] arguments) throws IOException {
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            ChangeLog log = ChangeLog.open(settings(Path.of(arguments[0])));
            long commit = log.last().map(Position::commit).orElse(0L);
            while (commit < Long.MAX_VALUE) {
                commit++;
                long told = commit;
                var appended = log.append(Batches.orderBatch(commit)).thenRun(() -> out.println(told));
                if (commit % 7 == 0) {
                    appended.join();
                }
            }
        }
    }

    @Test
    void what_was_acknowledged_is_there_after_a_kill_and_nothing_stands_twice() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("KilledProcessTest seed " + seed);
        Random random = new Random(seed);
        long acknowledged = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            acknowledged = appendUntilKilled(acknowledged + 50 + random.nextInt(1500));
            try (ChangeLog log = ChangeLog.open(settings(folder))) {
                List<Transaction> all = Batches.readAll(log, Position.START);
                assertThat(all.size()).as("seed %d", seed).isGreaterThanOrEqualTo((int) acknowledged);
                for (int i = 0; i < all.size(); i++) {
                    assertThat(all.get(i)).as("seed %d", seed).isEqualTo(Batches.orders(i + 1, 3));
                }
            }
        }
    }

    /** The last commit that the process told of, killed once it told {@code enough}. */
    private long appendUntilKilled(long enough) throws IOException, InterruptedException {
        Process process = Jvm.of(Appender.class, "128m", folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long last = 0;
        try (BufferedReader told = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                // The kill may cut the last line short.
                last = Math.max(last, Long.parseLong(line));
                if (last >= enough) {
                    process.destroyForcibly();
                }
            }
        } catch (IOException killed) {
            // Killing a process closes the stream to it.
            assertThat(killed).hasMessageContaining("closed");
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(last).isGreaterThanOrEqualTo(enough);
        return last;
    }
}
