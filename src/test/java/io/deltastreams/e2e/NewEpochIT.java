package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A slot that is lost while the service is away, as a reader of a feed sees it. */
class NewEpochIT {

    @TempDir
    Path folder;

    @Test
    void a_reader_is_told_once_and_folds_to_the_table_again() throws Exception {
        List<String> gaps = new CopyOnWriteArrayList<>();
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort())) {
            String jdbcUrl = Jdbc.url(postgres);
            Jdbc.execute(jdbcUrl, "CREATE TABLE items (id int PRIMARY KEY)", "INSERT INTO items VALUES (1), (2), (3)");
            String pipeline = """
                    source: { postgresql: { url: "%s", tables: [public.items], heartbeat: 1s } }
                    log: { path: log }
                    streams: { items: { from: public.items } }
                    """.formatted(postgres.url());
            try (Service service = Service.start(folder.resolve("service"), pipeline, "localhost:1");
                    FeedReader reader = new FeedReader(service, "/feeds/items?from=earliest", gaps::add)) {
                awaitRows(reader, 1, 2, 3);

                service.kill();
                awaitIdleSlot(jdbcUrl);
                Jdbc.execute(
                        jdbcUrl,
                        "SELECT pg_drop_replication_slot('delta_streams')",
                        "DELETE FROM items WHERE id = 1",
                        "INSERT INTO items VALUES (4)");
                service.restart();
                awaitRows(reader, 2, 3, 4);
                assertThat(gaps).singleElement().asString().contains("the source's history began again");

                service.kill();
                service.restart();
                Jdbc.execute(jdbcUrl, "INSERT INTO items VALUES (5)");
                awaitRows(reader, 2, 3, 4, 5);
                assertThat(gaps).hasSize(1);
            }
        }
    }

    private static void awaitIdleSlot(String jdbcUrl) {
        Awaitility.await("a slot that nobody reads")
                .atMost(Duration.ofSeconds(60))
                .until(() -> {
                    try (Connection connection = DriverManager.getConnection(jdbcUrl);
                            Statement statement = connection.createStatement();
                            ResultSet row = statement.executeQuery("SELECT NOT active FROM pg_replication_slots")) {
                        return row.next() && row.getBoolean(1);
                    }
                });
    }

    private static void awaitRows(FeedReader reader, Integer... ids) {
        Awaitility.await("rows " + List.of(ids))
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> reader.fold().rows().stream()
                        .map((JsonNode row) -> row.get("id").asInt())
                        .sorted()
                        .toList()
                        .equals(List.of(ids)));
    }
}
