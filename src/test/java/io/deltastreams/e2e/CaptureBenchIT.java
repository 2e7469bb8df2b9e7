package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.Jvm;
import io.deltastreams.demo.DemoKafka;
import io.deltastreams.source.postgres.ReaderIntoNothing;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Slots filled with the same changes, drained by the driver alone, by the Debezium engine and by this service in turn, each in a process of its own,
 * server (Debian's PostgreSQL 15) and broker on the same machine. Absolute rates belong to the machine; the ratios are what counts.
 *
 * <p>{@code -Dbench.rounds=5}, {@code -Dbench.workloads=narrow,wide,large,huge,tiny,mixed}, {@code -Dbench.contestants=bare_driver,…}, {@code
 * -Dbench.scale=4} times the changes; {@code -Dbench.jfr=target/kafka.jfr} records the service on its way to Kafka in the last round, and draws where its time went.
 */
@Tag("bench")
class CaptureBenchIT {

    private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);

    /** Who drains a slot. */
    private enum Contestant {
        BARE_DRIVER("bare driver, counted only"),
        BARE_ENGINE("Debezium engine, counted only"),
        NOTHING("direct reader, counted only"),
        LOG("into the log (fsync)"),
        KAFKA("into log and Kafka acks=all"),
        SSE("into log and one SSE reader"),
        STATE("into the log, with a state behind it"),
        ENGINE_KAFKA("engine: debezium, log and Kafka");

        private final String title;

        Contestant(String title) {
            this.title = title;
        }

        private boolean isService() {
            return compareTo(LOG) >= 0;
        }

        private boolean hasKafka() {
            return this == KAFKA || this == ENGINE_KAFKA;
        }

        private String slot(int round) {
            return "slot_%s_%d".formatted(name().toLowerCase(Locale.ROOT), round);
        }
    }

    @TempDir
    Path folder;

    /** @param rate changes per second, from the first to the last; of a single transaction, from the start of replication to the last */
    private record Result(double rate, long peakMemory) {}

    private static <E extends Enum<E>> List<E> chosen(Class<E> type, String property, List<E> otherwise) {
        String names = System.getProperty(property, "");
        return names.isEmpty()
                ? otherwise
                : Arrays.stream(names.split(",", -1))
                        .map(name -> Enum.valueOf(type, name.toUpperCase(Locale.ROOT)))
                        .toList();
    }

    @Test
    void drain_full_slots() throws Exception {
        List<Contestant> contestants = chosen(Contestant.class, "bench.contestants", List.of(Contestant.values()));
        for (Workload workload : chosen(Workload.class, "bench.workloads", List.of(Workload.NARROW))) {
            Path here = folder.resolve(workload.text());
            try (DebianPostgres postgres = DebianPostgres.start(here.resolve("postgres"), "synchronous_commit = off");
                    DemoKafka kafka = DemoKafka.start(here.resolve("kafka"), Service.freePort())) {
                drain(workload, contestants, postgres, kafka);
            }
        }
    }

    private void drain(Workload workload, List<Contestant> contestants, DebianPostgres postgres, DemoKafka kafka)
            throws Exception {
        Map<Contestant, double[]> rates = new EnumMap<>(Contestant.class);
        Map<Contestant, Long> memory = new EnumMap<>(Contestant.class);
        for (int round = 0; round < ROUNDS; round++) {
            prepare(postgres, workload, contestants, round);
            for (Contestant contestant : contestants) {
                Result result = contestant.isService()
                        ? service(workload, contestant, postgres, kafka, round)
                        : alone(workload, contestant, postgres, round);
                rates.computeIfAbsent(contestant, _ -> new double[ROUNDS])[round] = result.rate();
                memory.merge(contestant, result.peakMemory(), Math::max);
                System.out.printf(
                        "%s, round %d, %s: %,.0f changes/s%n",
                        workload.text(), round + 1, contestant.title, result.rate());
            }
        }
        double first = median(rates.get(contestants.getFirst()));
        System.out.printf(
                "%n%-10s %-36s %12s %8s %10s%n",
                workload.text(), "median of " + ROUNDS, "changes/s", "ratio", "peak RSS");
        for (Contestant contestant : contestants) {
            double rate = median(rates.get(contestant));
            long peak = memory.get(contestant);
            System.out.printf(
                    "%-10s %-36s %,12.0f %8.3f %10s%n",
                    "", contestant.title, rate, rate / first, peak == 0 ? "" : peak + " MiB");
            assertThat(rate).isPositive();
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void prepare(DebianPostgres postgres, Workload workload, List<Contestant> contestants, int round)
            throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            if (round == 0) {
                statement.execute("CREATE TABLE bench (" + workload.columns + ")");
                statement.execute("CREATE PUBLICATION delta_streams FOR TABLE bench");
            }
            statement.execute("TRUNCATE bench");
            for (Contestant contestant : contestants) {
                statement.execute("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')"
                        .formatted(contestant.slot(round)));
            }
            for (int from = 1; from <= workload.changes; from += workload.perStatement) {
                statement.execute(workload.statement(from));
            }
        }
    }

    private static void drop(DebianPostgres postgres, String slot) throws SQLException, InterruptedException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE slot_name = '%s' AND active"
                            .formatted(slot));
            TimeUnit.SECONDS.sleep(1);
            statement.execute("SELECT pg_drop_replication_slot('%s')".formatted(slot));
        }
    }

    private static Result alone(Workload workload, Contestant contestant, DebianPostgres postgres, int round)
            throws Exception {
        SlotWatch begun = SlotWatch.read(postgres.jdbcUrl(), contestant.slot(round));
        Class<?> program = switch (contestant) {
            case BARE_DRIVER -> BareReader.class;
            case BARE_ENGINE -> BareEngine.class;
            default -> ReaderIntoNothing.class;
        };
        Process process = Jvm.of(
                        program,
                        "512m",
                        "localhost",
                        Integer.toString(postgres.port()),
                        "postgres",
                        contestant.slot(round),
                        "delta_streams",
                        Integer.toString(workload.changes))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = process.inputReader().readAllLines();
        long ended = System.nanoTime();
        process.waitFor();
        drop(postgres, contestant.slot(round));
        double rate = lines.stream()
                .filter(line -> line.startsWith("rate "))
                .mapToDouble(line -> Double.parseDouble(line.substring(5)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(contestant.title + " gave no rate: " + lines));
        return new Result(workload.isOneTransaction() ? rate(workload, begun, ended) : rate, 0);
    }

    /** Nothing of a single transaction is captured before its commit has come: what went before that belongs to it. */
    private static double rate(Workload workload, SlotWatch begun, long ended) {
        return workload.changes / ((ended - begun.nanos()) / 1e9);
    }

    private Result service(
            Workload workload, Contestant contestant, DebianPostgres postgres, DemoKafka kafka, int round)
            throws Exception {
        String topic = "bench_%s_%s_%d".formatted(workload.text(), contestant.name(), round);
        String pipeline = """
                source:
                  postgresql: { url: %s, tables: [public.bench], snapshot: never, slot: %s, engine: %s }
                log: { path: log }
                %s
                streams:
                  bench: { from: public.bench, to: { feed: {}%s } }
                """.formatted(
                        postgres.url(),
                        contestant.slot(round),
                        contestant == Contestant.ENGINE_KAFKA ? "debezium" : "direct",
                        contestant == Contestant.STATE ? "state: { path: state }" : "state: off",
                        contestant.hasKafka() ? ", kafka: { topic: " + topic + ", required: true }" : "");
        Path here = folder.resolve("%s-%s-%d".formatted(workload.text(), contestant.name(), round));
        String memory = workload == Workload.HUGE ? "-Xmx256m" : "-Xmx512m";
        SlotWatch begun = SlotWatch.read(postgres.jdbcUrl(), contestant.slot(round));
        Optional<Path> recording =
                FlameGraph.asked().filter(_ -> contestant == Contestant.KAFKA && round == ROUNDS - 1);
        try (Service service =
                Service.start(here, pipeline, kafka.bootstrapServers(), FlameGraph.options(memory, recording))) {
            FeedCounter reader =
                    contestant == Contestant.SSE ? new FeedCounter(service, "/feeds/bench?from=earliest") : null;
            Seen first = await(service, 1, null);
            Seen last = await(service, workload.changes, reader);
            double seconds = (last.nanos() - first.nanos()) / 1e9;
            double rate = workload.isOneTransaction()
                    ? rate(workload, begun, last.nanos())
                    : (last.captured() - first.captured()) / seconds;
            Result result = new Result(rate, service.peakMemory());
            if (reader != null) {
                reader.close();
            }
            if (recording.isPresent()) {
                service.terminate();
                FlameGraph.draw(recording.get());
            }
            service.kill();
            drop(postgres, contestant.slot(round));
            return result;
        }
    }

    /** How many changes were captured, and when that was seen: the first are while nobody can ask yet. */
    private record Seen(long captured, long nanos) {}

    /** Waits until the log, the reader and the topic have so many changes. */
    private static Seen await(Service service, long changes, FeedCounter reader)
            throws InterruptedException, IOException {
        while (true) {
            if (!service.process().isAlive()) {
                throw new AssertionError("the service ended: " + String.join("\n", service.output()));
            }
            long captured = captured(service, changes, reader);
            if (captured >= changes) {
                return new Seen(captured, System.nanoTime());
            }
            // Asked more often, the answers cost what is measured.
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** How many were captured; 0 while not all outputs have as many as are waited for. */
    private static long captured(Service service, long changes, FeedCounter reader) {
        try {
            JsonNode index = Fold.JSON.readTree(service.get("/feeds").body());
            boolean delivered = changes == 1
                    || (index.at("/outputs/0/delivered").asLong(changes) >= changes
                            && (reader == null || reader.count() >= changes));
            return delivered ? index.at("/source/captured").asLong() : 0;
        } catch (IOException | RuntimeException _) {
            return 0;
        }
    }
}
