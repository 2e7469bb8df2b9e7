package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Service and broker are killed in turn, as the seed says, under load; then who reads only what is committed has each delta of the log once. */
class ExactlyOnceIT {

    private static final List<String> STREAMS = List.of("accounts", "branches", "tellers", "history");

    @TempDir
    Path folder;

    @Test
    void each_delta_is_there_once_and_in_order_through_kills_of_service_and_broker() throws Exception {
        throughKills(8);
    }

    @Test
    @Tag("torture")
    @Timeout(value = 900)
    void each_delta_is_there_once_and_in_order_through_many_kills() throws Exception {
        throughKills(40);
    }

    private void throughKills(int rounds) throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("ExactlyOnceIT seed " + seed);
        Random random = new Random(seed);
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"))) {
            String jdbcUrl = Jdbc.url(postgres);
            TpcB.initialize(jdbcUrl);
            try (Service service = Service.start(
                    folder.resolve("service"),
                    pipeline(postgres.url()),
                    broker.bootstrapServers(),
                    "-Xmx512m",
                    Program.QUICK,
                    Program.compressing("gzip"))) {
                try (TpcB _ = TpcB.start(jdbcUrl, 3, seed, Duration.ofMillis(10))) {
                    for (int round = 0; round < rounds; round++) {
                        // Mostly amid the writing; now and then before it begins.
                        service.awaitDelivered(
                                random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(500), Duration.ofMinutes(2));
                        boolean brokers = random.nextInt(8) == 0;
                        System.out.printf("round %d: %s killed%n", round, brokers ? "broker" : "service");
                        if (brokers) {
                            broker.kill();
                            broker.restart();
                        } else {
                            service.kill();
                            service.restart();
                        }
                    }
                }
                service.awaitReady();
                service.awaitNoLag(Duration.ofSeconds(90));
                assertThat(service.terminate()).as("drained by SIGTERM").isLessThan(Duration.ofSeconds(10));
            }
            assertTopics(broker.bootstrapServers());
        }
    }

    private static String pipeline(String url) {
        return """
                name: once
                source: { postgresql: { url: %s, tables: [public.pgbench_*] } }
                log: { path: log }
                streams:
                  accounts: { from: public.pgbench_accounts, to: { kafka: { required: true, partitions: 6, cleanup: delete } } }
                  branches: { from: public.pgbench_branches, to: { kafka: { required: true } } }
                  tellers: { from: public.pgbench_tellers, to: { kafka: { required: true, optimize: throughput, transaction_limit: 4KB } } }
                  history: { from: public.pgbench_history, to: { kafka: { required: true, partitions: 6 } } }
                """.formatted(url);
    }

    private void assertTopics(String brokers) throws IOException {
        Map<String, List<Position>> logged = new HashMap<>();
        LogOracle.assertEachPositionOnce(
                folder.resolve("service/log"),
                change -> logged.computeIfAbsent(stream(change), _ -> new ArrayList<>())
                        .add(change.position()));
        for (String stream : STREAMS) {
            List<ConsumerRecord<byte[], byte[]>> records = TopicReader.records(brokers, stream);
            Map<String, Position> lastOfKey = new HashMap<>();
            List<Position> arrived = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                Position position = position(record);
                String key = record.partition() + "/" + (record.key() == null ? "" : new String(record.key(), UTF_8));
                Position before = lastOfKey.put(key, position);
                if (record.value() != null && isFirst(record)) {
                    arrived.add(position);
                }
                if (before != null && record.key() != null) {
                    assertThat(position).as(key).isGreaterThan(before);
                }
            }
            assertThat(arrived.stream().sorted().toList())
                    .as(stream)
                    .isEqualTo(Objects.requireNonNull(logged.get(stream)));
        }
    }

    /** A truncate, the one delta without a row, stands in each partition: it is counted in the first. */
    private static boolean isFirst(ConsumerRecord<byte[], byte[]> record) {
        return !new String(record.headers().lastHeader("ds-op").value(), UTF_8).equals("truncate")
                || record.partition() == 0;
    }

    private static Position position(ConsumerRecord<byte[], byte[]> record) {
        return Position.parse(
                new String(record.headers().lastHeader("ds-position").value(), UTF_8));
    }

    private static String stream(Change change) {
        return change.schema().relation().toString().replaceFirst(".*pgbench_", "");
    }
}
