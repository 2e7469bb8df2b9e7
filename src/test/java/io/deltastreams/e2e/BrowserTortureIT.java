package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real browser on the page {@code example.html}, while the service behind it is killed. */
@Tag("torture")
class BrowserTortureIT {

    private static final int ROWS = 300;
    private static final int CHANGES = 10_000;
    private static final String TABLE =
            "JSON.stringify([...document.querySelectorAll('#rows tr')].map(row => [...row.cells].map(cell => cell.textContent)))";

    @TempDir
    Path folder;

    private final long seed = System.nanoTime();
    private final AtomicInteger made = new AtomicInteger();

    @Test
    void the_table_in_the_page_is_the_database_s_through_kills() throws Exception {
        try (DebianPostgres postgres = DebianPostgres.start(folder.resolve("postgres"))) {
            postgres.execute(
                    "CREATE TABLE item (id int PRIMARY KEY, name text, n int)",
                    "INSERT INTO item SELECT i, 'item ' || i, 0 FROM generate_series(1, %d) i".formatted(ROWS));
            String pipeline = """
                    source: { postgresql: { url: %s, tables: [public.item] } }
                    log: { path: log }
                    streams: { item: { from: public.item, to: { feed: {} } } }
                    """.formatted(postgres.url());
            try (Service service = Service.start(folder.resolve("service"), pipeline, "localhost:1")) {
                service.awaitReady();
                try (Chromium browser = Chromium.open(folder, service.uri("/example.html?stream=item"))) {
                    awaitTable(browser, postgres);
                    CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(postgres));
                    for (int kill = 1; kill <= 2; kill++) {
                        awaitMade(kill * CHANGES / 3, writer);
                        service.kill();
                        awaitMade(kill * CHANGES / 3 + CHANGES / 20, writer);
                        service.restart();
                    }
                    writer.join();
                    awaitTable(browser, postgres);
                    browser.screenshot(Path.of("target/browser.png"));
                    assertThat(browser.evaluate("document.getElementById('state').textContent")
                                    .asText())
                            .isEqualTo("live");
                }
            }
        }
    }

    private void awaitMade(int changes, CompletableFuture<Void> writer) {
        Awaitility.await(changes + " changes").atMost(Duration.ofSeconds(60)).until(() -> {
            if (writer.isCompletedExceptionally()) {
                writer.join();
            }
            return made.get() >= changes;
        });
    }

    private void write(DebianPostgres postgres) {
        Random random = new Random(seed);
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            while (made.get() < CHANGES) {
                int id = 1 + random.nextInt(ROWS + 50);
                statement.execute(
                        switch (random.nextInt(4)) {
                            case 0 ->
                                "INSERT INTO item VALUES (%1$d, 'new %1$d', %2$d) ON CONFLICT (id) DO UPDATE SET n = item.n + 1000"
                                        .formatted(id, random.nextInt(100));
                            case 1 -> "DELETE FROM item WHERE id = " + id;
                            default -> "UPDATE item SET n = n + 1 WHERE id BETWEEN %d AND %d".formatted(id, id + 2);
                        });
                made.addAndGet(Math.max(0, statement.getUpdateCount()));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void awaitTable(Chromium browser, DebianPostgres postgres) throws SQLException {
        Map<Integer, List<String>> expected = new TreeMap<>();
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, name, n FROM item")) {
            while (rows.next()) {
                expected.put(rows.getInt(1), List.of(rows.getString(1), rows.getString(2), rows.getString(3)));
            }
        }
        Awaitility.await("the table in the page, seed " + seed)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .pollInSameThread()
                .untilAsserted(() -> assertThat(table(browser)).isEqualTo(expected));
    }

    private static Map<Integer, List<String>> table(Chromium browser) throws Exception {
        Map<Integer, List<String>> table = new TreeMap<>();
        for (JsonNode row : Fold.JSON.readTree(browser.evaluate(TABLE).asText())) {
            List<String> cells = new ArrayList<>();
            row.forEach(cell -> cells.add(cell.asText()));
            table.put(Integer.parseInt(cells.getFirst()), cells);
        }
        return table;
    }
}
