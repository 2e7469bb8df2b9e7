package io.deltastreams.e2e;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.ChangeEventFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The Debezium engine alone, in a process of its own: drains a slot, counts the records and throws them away. Prints one line, {@code rate
 * <changes per second>}, from the first record to the last.
 */
final class BareEngine {

    private BareEngine() {}

    /** @param args host, port, database, slot, publication, expected changes */
    public static void main(String[] args) throws Exception {
        long expected = Long.parseLong(args[5]);
        CountDownLatch done = new CountDownLatch(1);
        long[] seen = {0, 0};
        DebeziumEngine<?> engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties(args))
                .notifying((records, committer) -> {
                    for (var record : records) {
                        if (isChange(record.record())) {
                            if (seen[0] == 0) {
                                seen[1] = System.nanoTime();
                            }
                            seen[0]++;
                        }
                    }
                    // The last one stands for the batch: marking each would cost the engine more than counting does.
                    committer.markProcessed(records.getLast());
                    committer.markBatchFinished();
                    if (seen[0] >= expected) {
                        done.countDown();
                    }
                })
                .build();
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            thread.execute(engine);
            done.await();
            System.out.printf("rate %.0f%n", seen[0] / ((System.nanoTime() - seen[1]) / 1e9));
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }
    }

    static boolean isChange(SourceRecord record) {
        return record.value() != null && record.topic().startsWith("bare.public");
    }

    /** @param args host, port, database, slot, publication */
    static Properties properties(String... args) {
        Properties properties = new Properties();
        List.of(
                        "name=bare",
                        "connector.class=io.debezium.connector.postgresql.PostgresConnector",
                        "offset.storage=org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
                        "offset.flush.interval.ms=1000",
                        "database.hostname=" + args[0],
                        "database.port=" + args[1],
                        "database.user=postgres",
                        "database.password=",
                        "database.dbname=" + args[2],
                        "topic.prefix=bare",
                        "plugin.name=pgoutput",
                        "slot.name=" + args[3],
                        "publication.name=" + args[4],
                        "snapshot.mode=no_data",
                        "table.include.list=public.bench",
                        "max.batch.size=8192",
                        "max.queue.size=32768",
                        "poll.interval.ms=10")
                .forEach(line ->
                        properties.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return properties;
    }
}
