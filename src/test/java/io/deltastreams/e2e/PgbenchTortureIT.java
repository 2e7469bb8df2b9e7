package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.demo.DemoKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * pgbench itself, unchanged, against a PostgreSQL 15 as Debian packages it ({@code apt install postgresql-15}; as root, since its server runs as
 * the user postgres): {@code pgbench -i -s 1}, then {@code pgbench -c 4 -T 30}, with and without five SIGKILLs of the service.
 */
@Tag("torture")
@Timeout(300)
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
                    folder.resolve("service"), Pipelines.pgbench(postgres.url()), kafka.bootstrapServers())) {
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

    /** A cluster of its own on Debian's binaries. */
    private record DebianPostgres(Path data, int port) implements AutoCloseable {

        private static final Path BINARIES = Path.of("/usr/lib/postgresql/15/bin");

        static DebianPostgres start(Path folder) throws Exception {
            assertThat(BINARIES)
                    .as("Debian's PostgreSQL 15: apt install postgresql-15")
                    .isDirectory();
            Files.createDirectories(folder);
            for (Path up = folder; up != null && !up.equals(Path.of("/tmp")); up = up.getParent()) {
                up.toFile().setExecutable(true, false);
                up.toFile().setReadable(true, false);
            }
            run(List.of("chown", "postgres", folder.toString()));
            Path data = folder.resolve("data");
            int port = Service.freePort();
            run(asPostgres("initdb", "-D", data.toString(), "-A", "trust", "-U", "postgres"));
            Files.writeString(
                    data.resolve("postgresql.conf"),
                    "wal_level = logical\nport = %d\nlisten_addresses = 'localhost'\nunix_socket_directories = ''\n"
                            .formatted(port));
            run(asPostgres(
                    "pg_ctl", "-D", data.toString(), "-l", folder.resolve("log").toString(), "-w", "start"));
            return new DebianPostgres(data, port);
        }

        private static List<String> asPostgres(String program, String... arguments) {
            List<String> command = new ArrayList<>(List.of(
                    "runuser", "-u", "postgres", "--", BINARIES.resolve(program).toString()));
            command.addAll(List.of(arguments));
            return command;
        }

        private static void run(List<String> command) throws IOException {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(process.onExit().join().exitValue())
                    .as(String.join(" ", command))
                    .isZero();
        }

        String url() {
            return "postgresql://postgres@localhost:%d/postgres".formatted(port);
        }

        String jdbcUrl() {
            return "jdbc:postgresql://localhost:%d/postgres?user=postgres".formatted(port);
        }

        void pgbench(String... arguments) throws IOException, InterruptedException {
            assertThat(startPgbench(arguments).waitFor()).isZero();
        }

        Process startPgbench(String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(
                    BINARIES.resolve("pgbench").toString(),
                    "-h",
                    "localhost",
                    "-p",
                    Integer.toString(port),
                    "-U",
                    "postgres"));
            command.addAll(List.of(arguments));
            command.add("postgres");
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        }

        @Override
        public void close() throws IOException {
            run(asPostgres("pg_ctl", "-D", data.toString(), "-m", "immediate", "-w", "stop"));
        }
    }
}
