package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.demo.DemoKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * pgbench itself, unchanged, against a PostgreSQL 15 as Debian packages it ({@code apt install postgresql-15}; as root, since its server runs as
 * the user postgres): {@code pgbench -i -s 1}, then {@code pgbench -c 4 -T 30}, with and without five SIGKILLs of the service.
 */
@Tag("torture")
class PgbenchTortureIT {

    private static final Map<String, String> STREAMS = Map.of(
            "accounts", "pgbench_accounts",
            "branches", "pgbench_branches",
            "tellers", "pgbench_tellers",
            "history", "pgbench_history");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {0, 5})
    void every_feed_and_topic_folds_to_its_table(int kills) throws Exception {
        try (DebianPostgres postgres = DebianPostgres.start(folder.resolve("postgres"));
                DemoKafka kafka = DemoKafka.start(folder.resolve("kafka"), Service.freePort())) {
            postgres.pgbench("-i", "-s", "1", "-q");
            try (Service service = Service.start(
                    folder.resolve("service"),
                    Pipelines.pgbench(postgres.url()),
                    kafka.bootstrapServers(),
                    "-Xmx512m")) {
                service.awaitReady();
                Process load = postgres.startPgbench("-c", "4", "-T", "30");
                for (int kill = 0; kill < kills; kill++) {
                    assertThat(load.waitFor(4, TimeUnit.SECONDS))
                            .as("pgbench ended early")
                            .isFalse();
                    service.kill();
                    service.restart();
                }
                assertThat(load.waitFor()).isZero();
                service.awaitReady();
                assertFolds(postgres, kafka, service);
                System.out.printf("%d kills: peak RSS %d MiB%n", kills, service.peakMemory());
                service.terminate();
                LogOracle.assertEachPositionOnce(service.folder().resolve("log"));
            }
        }
    }

    private static void assertFolds(DebianPostgres postgres, DemoKafka kafka, Service service) throws Exception {
        Oracle oracle = new Oracle(postgres.jdbcUrl());
        for (Map.Entry<String, String> stream : STREAMS.entrySet()) {
            try (FeedReader reader = new FeedReader(service, "/feeds/" + stream.getKey() + "?from=earliest")) {
                Awaitility.await("feed " + stream.getKey())
                        .atMost(Duration.ofSeconds(60))
                        .pollInterval(Duration.ofMillis(500))
                        .until(() ->
                                oracle.isEqual(stream.getValue(), reader.fold().rows()));
            }
        }
        for (Map.Entry<String, String> stream : STREAMS.entrySet()) {
            Awaitility.await("topic " + stream.getKey())
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> oracle.isEqual(
                            stream.getValue(), TopicReader.rows(kafka.bootstrapServers(), stream.getKey())));
        }
    }
}
