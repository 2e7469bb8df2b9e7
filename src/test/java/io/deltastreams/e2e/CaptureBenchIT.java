package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoKafka;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A slot filled with a million changes, drained by the bare Debezium engine and by this service in turn, each in a process of its own at {@code
 * -Xmx512m}, server and broker on the same machine. Absolute rates belong to the machine; the ratios are what counts.
 */
@Tag("bench")
class CaptureBenchIT {

    private static final int CHANGES = 1_000_000;
    private static final int TRANSACTIONS = 1_000;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
    private static final int BARE = 0;
    private static final int LOG = 1;
    private static final int EVERYTHING = 2;

    @TempDir
    Path folder;

    /** @param rate changes per second from the first to the last */
    private record Result(double rate, long peakMemory) {}

    @Test
    void drain_a_full_slot() throws Exception {
        double[][] rates = new double[3][ROUNDS];
        long[] memory = new long[3];
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                DemoKafka kafka = DemoKafka.start(folder.resolve("kafka"), Service.freePort())) {
            for (int round = 0; round < ROUNDS; round++) {
                prepare(postgres, round);
                for (int kind : new int[] {BARE, LOG, EVERYTHING}) {
                    Result result =
                            kind == BARE ? bare(postgres, slot(kind, round)) : service(postgres, kafka, kind, round);
                    rates[kind][round] = result.rate();
                    memory[kind] = Math.max(memory[kind], result.peakMemory());
                    System.out.printf("round %d, %s: %,.0f changes/s%n", round + 1, name(kind), result.rate());
                }
            }
        }
        double bare = median(rates[BARE]);
        System.out.printf("%n%-36s %12s %8s %10s%n", "median of " + ROUNDS, "changes/s", "ratio", "peak RSS");
        for (int kind : new int[] {BARE, LOG, EVERYTHING}) {
            double rate = median(rates[kind]);
            System.out.printf("%-36s %,12.0f %8.2f %8s%n", name(kind), rate, rate / bare, memory[kind] + " MiB");
            assertThat(rate).isPositive();
        }
    }

    private static String name(int kind) {
        return switch (kind) {
            case BARE -> "bare Debezium engine, counted only";
            case LOG -> "into the log (fsync)";
            default -> "into log, Kafka acks=all and SSE";
        };
    }

    private static String slot(int kind, int round) {
        return "slot_%d_%d".formatted(kind, round);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String jdbcUrl(DemoPostgres postgres) {
        return "jdbc:" + postgres.url().replace("postgres@", "") + "?user=postgres";
    }

    private static void prepare(DemoPostgres postgres, int round) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(postgres));
                Statement statement = connection.createStatement()) {
            if (round == 0) {
                statement.execute(
                        "CREATE TABLE bench (id bigint PRIMARY KEY, customer int, amount numeric(12,2), status text,"
                                + " note text, created_at timestamptz)");
                statement.execute("CREATE PUBLICATION delta_streams FOR TABLE bench");
            }
            statement.execute("TRUNCATE bench");
            for (int kind : new int[] {BARE, LOG, EVERYTHING}) {
                statement.execute(
                        "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(slot(kind, round)));
            }
            int perTransaction = CHANGES / TRANSACTIONS;
            for (int i = 0; i < TRANSACTIONS; i++) {
                statement.execute(
                        ("INSERT INTO bench SELECT i, i %% 1000, i * 0.01, 'PAID', 'a note of some length, number ' || i, now()"
                                        + " FROM generate_series(%d, %d) i")
                                .formatted(i * perTransaction + 1, (i + 1) * perTransaction));
            }
        }
    }

    private static void drop(DemoPostgres postgres, String slot) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '%s' AND active"
                            .formatted(slot));
            statement.execute("SELECT pg_drop_replication_slot('%s')".formatted(slot));
        }
    }

    private static Result bare(DemoPostgres postgres, String slot) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BareEngine.class.getName(),
                        "localhost",
                        Integer.toString(postgres.port()),
                        "shop",
                        slot,
                        "delta_streams",
                        Integer.toString(CHANGES))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = process.inputReader().readAllLines();
        process.waitFor();
        TimeUnit.SECONDS.sleep(1);
        drop(postgres, slot);
        double rate = lines.stream()
                .filter(line -> line.startsWith("rate "))
                .mapToDouble(line -> Double.parseDouble(line.substring(5)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the bare engine gave no rate: " + lines));
        return new Result(rate, 0);
    }

    private Result service(DemoPostgres postgres, DemoKafka kafka, int kind, int round) throws Exception {
        String topic = "bench_%d".formatted(round);
        String pipeline = """
                source:
                  postgresql: { url: %s, tables: [public.bench], snapshot: never, slot: %s }
                log: { path: log }
                streams:
                  bench: { from: public.bench, to: { feed: {}%s } }
                """.formatted(
                        postgres.url(),
                        slot(kind, round),
                        kind == EVERYTHING ? ", kafka: { topic: " + topic + ", required: true }" : "");
        try (Service service = Service.start(folder.resolve(name(kind) + round), pipeline, kafka.bootstrapServers())) {
            FeedReader reader = kind == EVERYTHING ? new FeedReader(service, "/feeds/bench?from=earliest") : null;
            long first = awaitCaptured(service, 1, null);
            long last = awaitCaptured(service, CHANGES, reader);
            Result result = new Result(CHANGES / ((last - first) / 1e9), service.peakMemory());
            if (reader != null) {
                reader.close();
            }
            service.kill();
            TimeUnit.SECONDS.sleep(1);
            drop(postgres, slot(kind, round));
            return result;
        }
    }

    /** Waits until the log, the reader and the topic have so many changes; gives the time. */
    private static long awaitCaptured(Service service, long changes, FeedReader reader)
            throws InterruptedException, IOException {
        while (true) {
            if (service.process().isAlive() && isThere(service, changes, reader)) {
                return System.nanoTime();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static boolean isThere(Service service, long changes, FeedReader reader) {
        try {
            JsonNode index = Fold.JSON.readTree(service.get("/feeds").body());
            if (index.at("/source/captured").asLong() < changes) {
                return false;
            }
            if (changes > 1) {
                boolean kafkaDone = index.at("/outputs/0/delivered").asLong(changes) >= changes;
                return kafkaDone && (reader == null || reader.fold().deltas() >= changes);
            }
            return true;
        } catch (IOException | RuntimeException _) {
            return false;
        }
    }
}
