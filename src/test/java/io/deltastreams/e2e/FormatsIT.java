package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.codec.RealRegistry;
import io.deltastreams.demo.DemoPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A table that changes, also its shape, in each format at once, with a registry that is down at the start and killed later: readers that are none of
 * ours find the table's content in each topic.
 */
class FormatsIT {

    private static final List<String> FORMATS = List.of("json", "avro", "protobuf", "debezium-avro", "cloudevents");

    @TempDir
    Path folder;

    @Test
    void foreign_readers_find_the_table_in_each_format() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("FormatsIT seed " + seed);
        Random random = new Random(seed);
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
                BrokerProcess broker = BrokerProcess.start(folder.resolve("broker"));
                RealRegistry registry = new RealRegistry();
                Connection connection = DriverManager.getConnection(Jdbc.url(postgres));
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE TABLE items (id int PRIMARY KEY, amount numeric(12,2) NOT NULL, note text, big bigint)");
            try (Service service = Service.start(
                    folder.resolve("service"),
                    pipeline(postgres.url(), registry.url()),
                    broker.bootstrapServers(),
                    "-Xmx512m",
                    Program.QUICK,
                    Program.compressing("zstd"))) {
                // The registry is down: what needs it says so and waits, what does not goes on.
                String first = change(statement, random, List.of("note", "big"));
                awaitState(service, "avro", "RETRYING", "127.0.0.1");
                awaitDelivery(service, List.of("cloudevents"), first);

                registry.start();
                change(statement, random, List.of("note", "big"));
                statement.execute("ALTER TABLE items ADD COLUMN place text");
                change(statement, random, List.of("note", "big", "place"));
                statement.execute("ALTER TABLE items DROP COLUMN big");
                awaitDelivery(service, FORMATS, change(statement, random, List.of("note", "place")));

                // What is known needs no registry.
                registry.stop();
                awaitDelivery(service, FORMATS, change(statement, random, List.of("note", "place")));

                registry.start();
                ForeignReaders readers = new ForeignReaders(registry.url());
                for (String format : FORMATS) {
                    assertThat(folded(readers, format, broker.bootstrapServers()))
                            .as(format + " seed " + seed)
                            .isEqualTo(table(statement));
                }
            }
        }
    }

    private static String pipeline(String url, String registry) {
        StringBuilder streams = new StringBuilder();
        for (String format : FORMATS) {
            streams.append("  %s: { from: public.items, to: { kafka: { format: %s%s } } }%n"
                    .formatted(
                            format.replace('-', '_'),
                            format,
                            format.equals("cloudevents") ? "" : ", registry: \"" + registry + "\""));
        }
        return "name: formats\nsource: { postgresql: { url: %s, tables: [public.items] } }\nlog: { path: log }\nstreams:\n%s"
                .formatted(url, streams);
    }

    /** Gives a position that only the last change stands behind. */
    private static String change(Statement statement, Random random, List<String> columns) throws SQLException {
        String before = "";
        for (int i = 0; i < 100; i++) {
            int id = random.nextInt(40);
            if (i == 99) {
                try (ResultSet lsn = statement.executeQuery("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")) {
                    assertThat(lsn.next()).isTrue();
                    before = "0001-%016x".formatted(lsn.getLong(1));
                }
            } else if (random.nextInt(5) == 0) {
                statement.execute("DELETE FROM items WHERE id = " + id);
                continue;
            }
            StringBuilder names = new StringBuilder("id, amount");
            StringBuilder values = new StringBuilder(id + ", " + random.nextInt(1_000_000) / 100.0);
            StringBuilder sets = new StringBuilder("amount = excluded.amount");
            for (String column : columns) {
                boolean number = column.equals("big");
                names.append(", ").append(column);
                values.append(", ")
                        .append(
                                random.nextInt(4) == 0
                                        ? "NULL"
                                        : number
                                                ? Long.toString(random.nextLong())
                                                : "'ü" + random.nextInt(1000) + "'");
                sets.append(", ").append(column).append(" = excluded.").append(column);
            }
            statement.execute("INSERT INTO items (%s) VALUES (%s) ON CONFLICT (id) DO UPDATE SET %s"
                    .formatted(names, values, sets));
        }
        return before;
    }

    private static Set<Map<String, String>> table(Statement statement) throws SQLException {
        Set<Map<String, String>> rows = new HashSet<>();
        try (ResultSet result = statement.executeQuery("SELECT * FROM items")) {
            while (result.next()) {
                Map<String, String> row = new HashMap<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    String value = result.getString(i);
                    if (value != null) {
                        row.put(result.getMetaData().getColumnName(i), value);
                    }
                }
                rows.add(row);
            }
        }
        return rows;
    }

    /** Columns that the table no longer has are left out: rows that were not written since still tell of them. */
    private static Set<Map<String, String>> folded(ForeignReaders readers, String format, String brokers)
            throws IOException {
        Map<String, Map<String, String>> rows = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : TopicReader.records(brokers, format.replace('-', '_'))) {
            if (record.value() == null) {
                continue;
            }
            ForeignReaders.Told told = readers.read(format, record);
            Map<String, String> row = told.row();
            if (row == null) {
                rows.remove(told.id());
            } else {
                row.remove("big");
                rows.put(told.id(), row);
            }
        }
        return new HashSet<>(rows.values());
    }

    private static JsonNode output(Service service, String stream) throws IOException {
        JsonNode outputs = Fold.JSON.readTree(service.get("/feeds").body()).get("outputs");
        for (JsonNode output : outputs) {
            if (output.get("stream").asText().equals(stream)) {
                return output;
            }
        }
        throw new AssertionError("no output of " + stream + " in " + outputs);
    }

    private static void awaitState(Service service, String stream, String state, String message) {
        Awaitility.await(stream + " " + state)
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    JsonNode output = output(service, stream);
                    assertThat(output.get("status").asText()).isEqualToIgnoringCase(state);
                    assertThat(output.get("message").asText()).contains(message);
                });
    }

    private static void awaitDelivery(Service service, List<String> formats, String behind) {
        Awaitility.await("delivery in " + formats)
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    for (String format : formats) {
                        assertThat(output(service, format.replace('-', '_'))
                                        .get("cursor")
                                        .asText())
                                .as(format)
                                .isGreaterThan(behind);
                    }
                });
    }
}
