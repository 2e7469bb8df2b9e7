package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that cannot grow: the kernel refuses what would make any of the service's files larger than a few megabytes. */
@Timeout(240)
class DiskFullIT {

    private static final int LIMIT = 3_000_000;
    private static final int ROWS_AT_ONCE = 2_000;

    @TempDir
    Path folder;

    @Test
    void capture_ends_and_says_so_and_a_restart_goes_on_without_loss() throws Exception {
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort())) {
            String jdbcUrl = Jdbc.url(postgres);
            try (Connection connection = DriverManager.getConnection(jdbcUrl);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE items (id bigserial PRIMARY KEY, filler text)");
                String pipeline = """
                        source: { postgresql: { url: "%s", tables: [public.items] } }
                        log: { path: log }
                        streams: { items: { from: public.items } }
                        """.formatted(postgres.url());
                long rows = 0;
                try (Service service = Service.start(folder.resolve("service"), pipeline, "localhost:1")) {
                    service.awaitReady();
                    limitFiles(service);
                    while (service.get("/q/health/live").statusCode() == 200) {
                        rows += insert(statement);
                    }
                    Awaitility.await("the source's end")
                            .atMost(Duration.ofSeconds(10))
                            .until(() -> service.get("/q/health/ready").statusCode() == 503);
                    assertThat(service.get("/q/health/live").body()).contains("the log cannot be written any more");
                    assertThat(service.get("/q/health/ready").body())
                            .contains("STOPPED: the log cannot be written any more")
                            .contains("start the service again");
                    // What is there is served on.
                    try (FeedReader reader = new FeedReader(service, "/feeds/items?from=earliest")) {
                        awaitRows(reader, ROWS_AT_ONCE);
                    }
                    rows += insert(statement);

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
                        change -> logged.add(
                                (Long) ((Change.Insert) change).after().get(0)));
                assertThat(logged)
                        .isEqualTo(LongStream.rangeClosed(1, rows).boxed().toList());
            }
        }
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

    private static void limitFiles(Service service) throws IOException, InterruptedException {
        Process prlimit = new ProcessBuilder(
                        "prlimit", "--pid", Long.toString(service.process().pid()), "--fsize=" + LIMIT + ":")
                .inheritIO()
                .start();
        assertThat(prlimit.waitFor()).isZero();
    }
}
