package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that cannot grow, as the kernel refuses what would make any of the service's files larger than a few megabytes; and one that is gone. */
class DiskFullIT {

    private static final int LIMIT = 3_000_000;
    private static final int ROWS_AT_ONCE = 2_000;

    @TempDir
    Path folder;

    @Test
    void capture_waits_and_goes_on_by_itself_once_there_is_room() throws Exception {
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE items (id bigserial PRIMARY KEY, filler text)");
            long rows = 0;
            try (Service service = start(postgres, "")) {
                limitFiles(service, LIMIT);
                rows += insertUntilRefused(service, statement);
                assertThat(service.get("/q/health").statusCode()).isEqualTo(200);
                assertThat(service.get("/q/metrics").body()).contains("delta_streams_log_waiting_for_room 1.0");
                // What is there is served on.
                try (FeedReader reader = new FeedReader(service, "/feeds/items?from=earliest")) {
                    awaitRows(reader, ROWS_AT_ONCE);
                    rows += insert(statement);

                    limitFiles(service, "unlimited");

                    awaitRows(reader, rows);
                }
                assertThat(service.get("/q/metrics").body()).contains("delta_streams_log_waiting_for_room 0.0");

                // A stop while it waits is a stop as any other.
                limitFiles(service, LIMIT);
                rows += insertUntilRefused(service, statement);
                assertThat(service.terminate()).isLessThan(Duration.ofSeconds(10));
                service.restart();
                try (FeedReader reader = new FeedReader(service, "/feeds/items?from=earliest")) {
                    awaitRows(reader, rows);
                }
                service.terminate();
            }
            List<Long> logged = new ArrayList<>();
            LogOracle.assertEachPositionOnce(
                    folder.resolve("service/log"),
                    change -> logged.add((Long) ((Change.Insert) change).after().get(0)));
            assertThat(logged).isEqualTo(LongStream.rangeClosed(1, rows).boxed().toList());
        }
    }

    @Test
    void capture_ends_and_says_so_when_its_log_is_taken_away() throws Exception {
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE items (id bigserial PRIMARY KEY, filler text)");
            try (Service service = start(postgres, ", segment_size: 4KB")) {
                remove(folder.resolve("service/log"));
                while (service.get("/q/health/live").statusCode() == 200) {
                    insert(statement);
                }
                Awaitility.await("the source's end")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> service.get("/q/health/ready").statusCode() == 503);
                assertThat(service.get("/q/health/live").body()).contains("the log cannot be written any more");
                assertThat(service.get("/q/health/ready").body())
                        .contains("STOPPED: the log cannot be written any more")
                        .contains("start the service again");
                assertThat(service.terminate()).isLessThan(Duration.ofSeconds(10));
            }
        }
    }

    private Service start(DemoPostgres postgres, String log) throws IOException {
        Service service = Service.start(folder.resolve("service"), """
                source: { postgresql: { url: "%s", tables: [public.items] } }
                log: { path: log%s }
                streams: { items: { from: public.items } }
                """.formatted(postgres.url(), log), "localhost:1");
        service.awaitReady();
        return service;
    }

    private static void remove(Path log) throws IOException {
        try (Stream<Path> files = Files.list(log)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(log);
    }

    private static long insertUntilRefused(Service service, Statement statement) throws Exception {
        long rows = 0;
        while (!service.get("/q/health/ready").body().contains("its disk takes nothing more")) {
            rows += insert(statement);
        }
        return rows;
    }

    private static void awaitRows(FeedReader reader, long atLeast) {
        Awaitility.await(atLeast + " rows")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> reader.fold().rows().size() >= atLeast);
    }

    private static int insert(Statement statement) throws SQLException {
        return statement.executeUpdate(
                "INSERT INTO items (filler) SELECT repeat(md5(n::text), 10) FROM generate_series(1, %d) n"
                        .formatted(ROWS_AT_ONCE));
    }

    private static void limitFiles(Service service, Object most) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "prlimit", "--pid", Long.toString(service.process().pid()), "--fsize=" + most + ":")
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor()).isZero();
    }
}
