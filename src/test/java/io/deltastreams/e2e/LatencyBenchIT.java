package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.ChangeEventFormat;
import io.deltastreams.demo.DemoKafka;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.connect.data.Struct;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From commit to event: small transactions by a schedule, seen by an SSE client and a Kafka consumer behind the service with either engine, and by
 * the callback of the Debezium engine alone, which keeps no log. Database, broker, service and clients share the machine.
 *
 * <p>The figures count from when COMMIT was sent: that takes in the database's own sync, which all have alike, and cannot flatter. From COMMIT's
 * answer on an event may take less than nothing, since the server sends it to its reader as soon as it is synced, while the answer is under way.
 *
 * <p>{@code -Dbench.seconds=60}, {@code -Dbench.warmup=15} seconds that are run before and left out, {@code -Dbench.rate=1000}, {@code
 * -Dbench.writers=8}, {@code -Dbench.contestants=engine,debezium,direct}; {@code -Dbench.jfr=target/latency.jfr} records the service with the last
 * of them and draws where its time went.
 */
@Tag("bench")
class LatencyBenchIT {

    private static final int PER_SECOND = Integer.getInteger("bench.rate", 1_000);
    private static final int WARMUP = Integer.getInteger("bench.warmup", 15) * PER_SECOND;
    private static final int TRANSACTIONS = WARMUP + Integer.getInteger("bench.seconds", 60) * PER_SECOND;
    private static final int WRITERS = Integer.getInteger("bench.writers", 8);
    private static final List<String> CONTESTANTS = List.of(
            System.getProperty("bench.contestants", "engine,debezium,direct").split(","));

    private final Map<String, Latencies> sinceSent = new LinkedHashMap<>();
    private final StringBuilder table = new StringBuilder();

    @TempDir
    Path folder;

    @Test
    void commit_to_event() throws Exception {
        if (CONTESTANTS.contains("engine")) {
            engineAlone();
        }
        for (String engine : List.of("debezium", "direct")) {
            if (CONTESTANTS.contains(engine)) {
                service(engine);
            }
        }

        System.out.printf(
                "%n%d transactions/s for %d s, milliseconds from sending COMMIT%n",
                PER_SECOND, (TRANSACTIONS - WARMUP) / PER_SECOND);
        System.out.printf("%-42s %9s %9s %9s %9s%n%s", "", "p50", "p99", "p99.9", "max", table);
        sinceSent.forEach((title, latencies) -> System.out.printf("%n%s%n%s", title, latencies.histogram()));
    }

    private void row(String title, Latencies latencies) {
        table.append("%-42s %s%n".formatted(title, latencies.row()));
    }

    /** Runs the writer, then tells how it went and when who saw what. */
    private void measure(String title, DebianPostgres postgres, Map<String, Arrivals> observers) throws Exception {
        PacedWriter writer = new PacedWriter(TRANSACTIONS);
        writer.run(postgres, WRITERS, PER_SECOND);
        double rate = writer.rate(WARMUP);
        table.append("%s: %,.1f transactions/s were made%n".formatted(title, rate));
        row("  writer behind its schedule", writer.behind(WARMUP));
        row("  COMMIT itself", writer.commits(WARMUP));
        observers.forEach((observer, arrivals) -> {
            long[] seen = arrivals.all(observer);
            Latencies latencies = writer.sinceSent(seen, WARMUP);
            row("  " + observer, latencies);
            row("    the same from COMMIT's answer", writer.sinceAnswered(seen, WARMUP));
            sinceSent.put(title + ", " + observer, latencies);
        });
        assertThat(rate).as("the writer keeps up").isGreaterThan(0.95 * PER_SECOND);
    }

    private void service(String engine) throws Exception {
        Path here = folder.resolve(engine);
        try (DebianPostgres postgres = DebianPostgres.start(here.resolve("postgres"));
                DemoKafka kafka = DemoKafka.start(here.resolve("kafka"), Service.freePort())) {
            PacedWriter.prepare(postgres);
            String pipeline = """
                    source:
                      postgresql: { url: %s, tables: [public.bench], engine: %s }
                    log: { path: log }
                    streams:
                      bench: { from: public.bench, to: { feed: {}, kafka: { topic: bench, required: true } } }
                    """.formatted(postgres.url(), engine);
            Arrivals feed = new Arrivals(TRANSACTIONS);
            Arrivals topic = new Arrivals(TRANSACTIONS);
            Optional<Path> recording =
                    FlameGraph.asked().filter(_ -> CONTESTANTS.getLast().equals(engine));
            try (Service service = Service.start(
                    here.resolve("service"),
                    pipeline,
                    kafka.bootstrapServers(),
                    FlameGraph.options("-Xmx512m", recording))) {
                service.awaitReady();
                // The snapshot has made the topic.
                Awaitility.await("the snapshot in Kafka")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> Fold.JSON
                                        .readTree(service.get("/feeds").body())
                                        .at("/outputs/0/delivered")
                                        .asLong()
                                >= PacedWriter.ROWS);
                try (Subscriber _ = new Subscriber(service, feed);
                        Consumer _ = new Consumer(kafka.bootstrapServers(), topic)) {
                    Map<String, Arrivals> observers = new LinkedHashMap<>();
                    observers.put("SSE event", feed);
                    observers.put("Kafka record", topic);
                    measure("engine: " + engine, postgres, observers);
                }
                if (recording.isPresent()) {
                    service.terminate();
                    FlameGraph.draw(recording.get());
                }
            }
        }
    }

    private void engineAlone() throws Exception {
        try (DebianPostgres postgres = DebianPostgres.start(folder.resolve("alone"))) {
            PacedWriter.prepare(postgres);
            postgres.execute("SELECT pg_create_logical_replication_slot('alone', 'pgoutput')");
            Arrivals arrivals = new Arrivals(TRANSACTIONS);
            DebeziumEngine<?> engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                    .using(BareEngine.properties(
                            "localhost", Integer.toString(postgres.port()), "postgres", "alone", "delta_streams"))
                    .notifying((records, committer) -> {
                        long now = System.nanoTime();
                        for (var record : records) {
                            if (BareEngine.isChange(record.record())
                                    && record.record().value() instanceof Struct value) {
                                arrivals.saw(value.getStruct("after").getInt32("n"), now);
                            }
                        }
                        committer.markProcessed(records.getLast());
                        committer.markBatchFinished();
                    })
                    .build();
            try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
                thread.execute(engine);
                measure("Debezium engine alone", postgres, Map.of("callback", arrivals));
                engine.close();
            }
        }
    }

    /** An SSE client; an event has come when its line of data is read. */
    private static final class Subscriber implements AutoCloseable {

        private final HttpClient http = HttpClient.newHttpClient();
        private final InputStream body;

        Subscriber(Service service, Arrivals arrivals) throws IOException, InterruptedException {
            body = http.send(
                            HttpRequest.newBuilder(service.uri("/feeds/bench?from=latest"))
                                    .header("Accept", "text/event-stream")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream())
                    .body();
            Thread.ofPlatform().daemon().start(() -> read(arrivals));
        }

        private void read(Arrivals arrivals) {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
                boolean change = false;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("event:")) {
                        change = line.endsWith("insert") || line.endsWith("update");
                    } else if (change && line.startsWith("data:")) {
                        arrivals.saw(line, System.nanoTime());
                    }
                }
            } catch (IOException _) {
                // Closed: what has not come by then is missed by whoever waits for it.
            }
        }

        @Override
        public void close() {
            http.shutdownNow();
        }
    }

    /** A Kafka consumer; a record has come when poll returns with it. */
    private static final class Consumer implements AutoCloseable {

        private final KafkaConsumer<byte[], String> consumer;
        private final CompletableFuture<Void> reading;

        Consumer(String brokers, Arrivals arrivals) {
            consumer = new KafkaConsumer<>(
                    Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers),
                    new ByteArrayDeserializer(),
                    new StringDeserializer());
            List<TopicPartition> partitions = consumer.partitionsFor("bench").stream()
                    .map(info -> new TopicPartition("bench", info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            reading = CompletableFuture.runAsync(
                    () -> read(arrivals), task -> Thread.ofPlatform().daemon().start(task));
        }

        private void read(Arrivals arrivals) {
            try (consumer) {
                while (true) {
                    for (ConsumerRecord<byte[], String> message : consumer.poll(Duration.ofSeconds(1))) {
                        arrivals.saw(message.value(), System.nanoTime());
                    }
                }
            } catch (WakeupException _) {
                // Closed.
            }
        }

        @Override
        public void close() {
            consumer.wakeup();
            reading.join();
        }
    }
}
