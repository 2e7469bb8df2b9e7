package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.replication.LogSequenceNumber;

/**
 * The direct engine's snapshot into the log, with fsync, at {@code -Xmx256m}, against {@code COPY … TO STDOUT} of the same tables that keeps nothing;
 * server and reader on the same machine.
 *
 * <p>{@code -Dbench.rows=10000000} in the large table, a tenth of them in each of two more; {@code -Dbench.rounds=3}, {@code -Dbench.connections=2}; {@code
 * -Dbench.jfr=target/snapshot.jfr} records the service in the last round, and draws where its time went.
 */
@Tag("bench")
class SnapshotBenchIT {

    private static final int ROWS = Integer.getInteger("bench.rows", 10_000_000);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
    private static final int CONNECTIONS = Integer.getInteger("bench.connections", 2);
    private static final List<String> TABLES = List.of("bench", "second", "third");

    @TempDir
    Path folder;

    private static void fill(DebianPostgres postgres, String table, int rows) throws SQLException {
        postgres.execute(
                "CREATE TABLE %s (%s)".formatted(table, Workload.NARROW.columns),
                Workload.NARROW.statement(1, rows).replace("INTO bench", "INTO " + table),
                // Nobody who reads first shall pay for the hint bits.
                "VACUUM (FREEZE, ANALYZE) " + table);
    }

    private static String pipeline(DebianPostgres postgres, String slot) {
        return """
                source:
                  postgresql: { url: %s, tables: [public.*], slot: %s, snapshot_connections: %d, heartbeat: 1s }
                log: { path: log }
                streams:
                  bench: { from: public.bench, to: { feed: {} } }
                """.formatted(postgres.url(), slot, CONNECTIONS);
    }

    /** Something that reads the tables, in rows per second. */
    private interface Contestant {
        double rate(int round) throws Exception;
    }

    @Test
    void beside_copy() throws Exception {
        try (DebianPostgres postgres = DebianPostgres.start(folder.resolve("postgres"))) {
            fill(postgres, "bench", ROWS);
            fill(postgres, "second", ROWS / 10);
            fill(postgres, "third", ROWS / 10);
            postgres.execute("CHECKPOINT");
            long[] peak = {0};
            Map<String, Contestant> contestants = new LinkedHashMap<>();
            contestants.put("COPY, text, 1 connection", _ -> CopyBench.alone(postgres, TABLES, "text"));
            contestants.put("COPY, binary, 1 connection", _ -> CopyBench.alone(postgres, TABLES, "binary"));
            contestants.put(
                    "COPY, binary, %d connections".formatted(CONNECTIONS),
                    _ -> CopyBench.sideBySide(postgres, TABLES, CONNECTIONS));
            contestants.put(
                    "snapshot into the log (fsync), %d connections".formatted(CONNECTIONS),
                    round -> snapshot(postgres, round, peak));
            Map<String, double[]> rates = new LinkedHashMap<>();
            for (int round = 0; round < ROUNDS; round++) {
                for (Map.Entry<String, Contestant> contestant : contestants.entrySet()) {
                    double rate = contestant.getValue().rate(round);
                    System.out.printf("round %d, %s: %,.0f rows/s%n", round + 1, contestant.getKey(), rate);
                    rates.computeIfAbsent(contestant.getKey(), _ -> new double[ROUNDS])[round] = rate;
                }
            }
            print(rates, peak[0]);
        }
    }

    private static void print(Map<String, double[]> rates, long peak) {
        double ours = median(List.copyOf(rates.values()).getLast());
        System.out.printf("%n%-48s %12s %20s%n", "median of " + ROUNDS, "rows/s", "snapshot against it");
        rates.forEach(
                (title, all) -> System.out.printf("%-48s %,12.0f %20.3f%n", title, median(all), ours / median(all)));
        System.out.printf("peak RSS of the service %d MiB%n", peak);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** From the making of the slot, with which the snapshot is taken, until the last row is synced in the log. */
    private double snapshot(DebianPostgres postgres, int round, long[] peak) throws Exception {
        String slot = "round_" + round;
        Optional<Path> recording = FlameGraph.asked().filter(_ -> round == ROUNDS - 1);
        int rows = ROWS + 2 * (ROWS / 10);
        SlotWatch begun = SlotWatch.made(postgres.jdbcUrl(), slot);
        double rate;
        try (Service service = Service.start(
                folder.resolve(slot),
                pipeline(postgres, slot),
                "localhost:1",
                FlameGraph.options("-Xmx256m", recording))) {
            await("the snapshot in the log", Duration.ofMinutes(10), () -> durable(service) >= rows);
            rate = rows / ((System.nanoTime() - begun.nanos()) / 1e9);
            peak[0] = Math.max(peak[0], service.peakMemory());
            if (recording.isPresent()) {
                service.terminate();
                FlameGraph.draw(recording.get());
            }
        }
        // The next round's slot is another, and this one would keep what is written until then.
        await("the end of the slot's reader", Duration.ofSeconds(30), () -> {
            try (Connection connection = postgres.connect();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '%s' AND active"
                                    .formatted(slot))) {
                row.next();
                return row.getInt(1) == 0;
            }
        });
        postgres.execute("SELECT pg_drop_replication_slot('%s')".formatted(slot));
        return rate;
    }

    private static void await(String what, Duration atMost, java.util.concurrent.Callable<Boolean> condition) {
        Awaitility.await(what)
                .atMost(atMost)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptionsInstanceOf(IOException.class)
                .ignoreExceptionsInstanceOf(java.io.UncheckedIOException.class)
                .until(condition);
    }

    private static JsonNode index(Service service) throws IOException {
        if (!service.process().isAlive()) {
            throw new AssertionError("the service ended: " + String.join("\n", service.output()));
        }
        return Fold.JSON.readTree(service.get("/feeds").body());
    }

    /** How many rows of the snapshot are in the log: all have one commit, so the last position's index counts them. */
    private static long durable(Service service) throws IOException {
        String last = index(service).at("/log/last").asText("");
        return last.isEmpty() || last.equals("null")
                ? 0
                : Long.parseLong(last.substring(last.lastIndexOf('-') + 1), 16) + 1;
    }

    @Test
    void killed_twice_on_the_way_and_right_in_the_end() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        try (DebianPostgres postgres = DebianPostgres.start(folder.resolve("postgres"))) {
            fill(postgres, "bench", ROWS);
            try (Service service =
                    Service.start(folder.resolve("service"), pipeline(postgres, "killed"), "localhost:1", "-Xmx256m")) {
                try (Work _ = new Work(postgres, ROWS, seed)) {
                    for (int kill = 0; kill < 2; kill++) {
                        await("a quarter of the rows", Duration.ofMinutes(10), () -> snapshotRows(service) > ROWS / 4);
                        assertThat(index(service)
                                        .at("/source/snapshot/finished")
                                        .asBoolean())
                                .as("the snapshot has ended before it could be killed")
                                .isFalse();
                        System.out.printf("killed after %,d rows of this run%n", snapshotRows(service));
                        service.kill();
                        service.restart();
                    }
                    await(
                            "the rest of the snapshot",
                            Duration.ofMinutes(10),
                            () -> index(service).at("/source/snapshot/finished").asBoolean());
                }
                awaitAcknowledged(postgres, "killed");
                System.out.printf("peak RSS of the last run %d MiB%n", service.peakMemory());
                service.terminate();
            }
            Sums folded = new Sums(ROWS + Work.MOST_INSERTS + 1);
            LogOracle.assertEachPositionOnce(folder.resolve("service/log"), folded::apply);
            folded.assertEqual(postgres, seed);
        }
    }

    private static long snapshotRows(Service service) throws IOException {
        return index(service).at("/source/snapshot/rows").asLong();
    }

    /** Invariant 1: what is acknowledged is in the log. */
    private static void awaitAcknowledged(DebianPostgres postgres, String slot) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            LogSequenceNumber end = lsn(statement, "SELECT pg_current_wal_lsn()");
            await(
                    "the acknowledgement of everything",
                    Duration.ofMinutes(5),
                    () -> Long.compareUnsigned(
                                    lsn(
                                                    statement,
                                                    "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '%s'"
                                                            .formatted(slot))
                                            .asLong(),
                                    end.asLong())
                            >= 0);
        }
    }

    private static LogSequenceNumber lsn(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return LogSequenceNumber.valueOf(row.getString(1));
        }
    }

    /** Updates, deletes and inserts at random, until closed. */
    private static final class Work implements AutoCloseable {

        static final int MOST_INSERTS = 1_000_000;

        private final AtomicBoolean stopped = new AtomicBoolean();
        private final CompletableFuture<Void> running;

        Work(DebianPostgres postgres, int rows, long seed) {
            running = CompletableFuture.runAsync(
                    () -> run(postgres, rows, new Random(seed)),
                    task -> Thread.ofPlatform().daemon().start(task));
        }

        private void run(DebianPostgres postgres, int rows, Random random) {
            try (Connection connection = postgres.connect();
                    Statement statement = connection.createStatement()) {
                for (int inserted = 0; !stopped.get() && inserted < MOST_INSERTS; inserted += 3) {
                    statement.execute(
                            """
                            UPDATE bench SET note = 'changed', amount = amount + 1 WHERE id BETWEEN %1$d AND %1$d + 5;
                            DELETE FROM bench WHERE id = %2$d;
                            INSERT INTO bench SELECT i, 1, 1, 'NEW', 'new', now() FROM generate_series(%3$d, %3$d + 2) i;
                            """.formatted(1 + random.nextInt(rows), 1 + random.nextInt(rows), rows + inserted + 1));
                    LockSupport.parkNanos(1_000_000);
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            stopped.set(true);
            running.join();
        }
    }

    /** A table's rows by their key, each as a hash of its values: ten million fit into memory. */
    private static final class Sums {

        private final long[] byId;

        Sums(int size) {
            byId = new long[size];
        }

        /** As behind a snapshot that was interrupted: a row may come twice, or change or go without having come. */
        void apply(Change change) {
            switch (change) {
                case Change.Insert insert -> put(insert.after());
                case Change.Update update -> put(update.after());
                case Change.Delete delete ->
                    byId[Math.toIntExact((long) delete.before().get(0))] = 0;
                case Change.Truncate _ -> Arrays.fill(byId, 0);
            }
        }

        private void put(Row row) {
            byId[Math.toIntExact((long) row.get(0))] = hash(row.get(1), row.get(2), row.get(3), row.get(4));
        }

        private static long hash(Object... values) {
            long hash = 1;
            for (Object value : values) {
                hash = 1_000_003 * hash + String.valueOf(value).hashCode();
            }
            return hash == 0 ? 1 : hash;
        }

        void assertEqual(DebianPostgres postgres, long seed) throws SQLException {
            long rows = 0;
            try (Connection connection = postgres.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.setFetchSize(10_000);
                try (ResultSet row = statement.executeQuery("SELECT id, customer, amount, status, note FROM bench")) {
                    while (row.next()) {
                        long expected = hash(row.getInt(2), row.getBigDecimal(3), row.getString(4), row.getString(5));
                        assertThat(byId[row.getInt(1)])
                                .as("row %d, seed %d", row.getLong(1), seed)
                                .isEqualTo(expected);
                        rows++;
                    }
                }
            }
            assertThat(Arrays.stream(byId).filter(sum -> sum != 0).count())
                    .as("rows, seed %d", seed)
                    .isEqualTo(rows);
            System.out.printf("%,d rows are equal%n", rows);
        }
    }
}
