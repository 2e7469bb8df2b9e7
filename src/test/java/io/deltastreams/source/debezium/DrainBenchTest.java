package io.deltastreams.source.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Resume;
import io.deltastreams.source.RunningSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Drains a slot that was filled in advance: the engine alone, which counts its records, against the source, which makes rows of them. */
@Tag("bench")
class DrainBenchTest {

    private static final int ROWS = Integer.getInteger("bench.rows", 300_000);

    @Test
    void the_source_keeps_up_with_the_engine_alone() throws Exception {
        try (PostgresServer server = PostgresServer.start(new DebeziumPostgres.Factory())) {
            String database = server.database();
            server.execute(
                    database,
                    "CREATE TABLE t (id bigint PRIMARY KEY, customer int, status text, amount numeric(12,2), note text, at timestamptz)",
                    "CREATE PUBLICATION delta_streams FOR TABLE t");
            for (String slot : List.of("warm", "bare", "ours", "bare2", "ours2")) {
                server.execute(database, "SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(slot));
            }
            for (int from = 0; from < ROWS; from += 1000) {
                server.execute(
                        database,
                        ("INSERT INTO t SELECT n, n %% 1000, 'PAID', n / 100.0, repeat('x', 60), now()"
                                        + " FROM generate_series(%d, %d) n")
                                .formatted(from, from + 999));
            }
            bare(server, database, "warm");
            double bare = bare(server, database, "bare");
            double ours = ours(server, database, "ours");
            double bareAgain = bare(server, database, "bare2");
            double oursAgain = ours(server, database, "ours2");
            System.out.printf(
                    "engine alone %.0f and %.0f rows/s, source %.0f and %.0f rows/s, ratio %.2f%n",
                    bare, bareAgain, ours, oursAgain, (ours + oursAgain) / (bare + bareAgain));
            assertThat(ours + oursAgain).isGreaterThan(0.5 * (bare + bareAgain));
        }
    }

    /** As a user of the engine would run it: defaults of its converters, larger queues. */
    private static double bare(PostgresServer server, String database, String slot) throws Exception {
        Properties properties = new Properties();
        properties.setProperty("name", slot);
        properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties.setProperty("topic.prefix", slot);
        properties.setProperty("database.hostname", "localhost");
        properties.setProperty("database.port", Integer.toString(server.port()));
        properties.setProperty("database.user", "postgres");
        properties.setProperty("database.password", "postgres");
        properties.setProperty("database.dbname", database);
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", slot);
        properties.setProperty("publication.name", "delta_streams");
        properties.setProperty("publication.autocreate.mode", "disabled");
        properties.setProperty("snapshot.mode", "no_data");
        properties.setProperty("offset.storage", EngineOffsets.class.getName());
        properties.setProperty("max.batch.size", "8192");
        properties.setProperty("max.queue.size", "32768");
        CountDownLatch all = new CountDownLatch(1);
        AtomicLong rows = new AtomicLong();
        AtomicLong begun = new AtomicLong();
        DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(
                        ChangeEventFormat.of(Connect.class))
                .using(properties)
                .notifying(
                        (List<RecordChangeEvent<SourceRecord>> events,
                                RecordCommitter<RecordChangeEvent<SourceRecord>> committer) -> {
                            begun.compareAndSet(0, System.nanoTime());
                            for (RecordChangeEvent<SourceRecord> event : events) {
                                if (event.record().value() instanceof Struct value
                                        && value.schema().field("op") != null) {
                                    rows.incrementAndGet();
                                }
                            }
                            if (rows.get() >= ROWS) {
                                all.countDown();
                            }
                        })
                .build();
        Thread thread = Thread.ofPlatform().start(engine);
        assertThat(all.await(300, TimeUnit.SECONDS)).isTrue();
        double seconds = (System.nanoTime() - begun.get()) / 1e9;
        engine.close();
        thread.join();
        return ROWS / seconds;
    }

    private static double ours(PostgresServer server, String database, String slot) throws Exception {
        Settings settings = Settings.parse("bench.yaml", """
                url: postgresql://postgres:postgres@localhost:%d/%s
                tables: [public.t]
                slot: %s
                snapshot: never
                """.formatted(server.port(), database, slot), name -> null);
        Counting counting = new Counting();
        try (RunningSource _ =
                RunningSource.start(new DebeziumPostgres.Factory().create(settings), counting, Resume.NOTHING)) {
            assertThat(counting.all.await(300, TimeUnit.SECONDS)).isTrue();
            return ROWS / (Duration.ofNanos(System.nanoTime() - counting.begun).toMillis() / 1e3);
        }
    }

    private static final class Counting implements Intake {

        private final CountDownLatch all = new CountDownLatch(1);
        private volatile long begun;
        private long rows;
        private volatile Optional<Position> durable = Optional.empty();
        private volatile Optional<ResumeToken> kept = Optional.empty();

        @Override
        public Optional<ResumeToken> kept() {
            return kept;
        }

        @Override
        public void take(Batch batch) {
            kept = Optional.of(batch.resume());
            if (batch.transactions().isEmpty()) {
                return;
            }
            if (begun == 0) {
                begun = System.nanoTime();
            }
            for (Transaction transaction : batch.transactions()) {
                rows += transaction.changes().size();
            }
            durable = batch.last();
            if (rows >= ROWS) {
                all.countDown();
            }
        }

        @Override
        public Optional<Position> durable() {
            return durable;
        }
    }
}
