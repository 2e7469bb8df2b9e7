package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.deltastreams.demo.DemoKafka;
import io.deltastreams.demo.DemoPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random tables, transactions and narrowings; subscribers that lose their connection and come back to any of three instances, of which
 * the third takes the history of the first through Kafka, and which are ended and killed meanwhile. What each subscriber has folded is what PostgreSQL answers to the same SQL. Knows only the database and the feed's contract.
 */
class FeedOracleIT {

    private static final int TABLES = 100;
    private static final int ROUNDS = 2;

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    /** A table that a seed made. */
    private record Table(String name, List<String> columns, boolean paired, boolean large) {

        static Table of(String name, Random random) {
            List<String> columns = new ArrayList<>(List.of("id int NOT NULL"));
            boolean paired = random.nextInt(3) == 0;
            if (paired) {
                columns.add("part text NOT NULL");
            }
            columns.add("a int");
            columns.add("b text");
            if (random.nextBoolean()) {
                columns.add("c numeric(10,2)");
            }
            if (random.nextBoolean()) {
                columns.add("d boolean");
            }
            boolean large = random.nextBoolean();
            if (large) {
                columns.add("doc text");
            }
            return new Table(name, columns, paired, large);
        }

        List<String> names() {
            return columns.stream().map(column -> column.split(" ", 2)[0]).toList();
        }

        boolean has(String column) {
            return names().contains(column);
        }

        String key() {
            return paired ? "id, part" : "id";
        }

        List<String> create() {
            List<String> commands = new ArrayList<>(List.of(
                    "CREATE TABLE %s (%s, PRIMARY KEY (%s))".formatted(name, String.join(", ", columns), key())));
            if (large) {
                // A row may leave its large value as it was and come into a narrowing, which has to show it.
                commands.add("ALTER TABLE %s REPLICA IDENTITY FULL".formatted(name));
                commands.add("ALTER TABLE %s ALTER COLUMN doc SET STORAGE EXTERNAL".formatted(name));
            }
            return commands;
        }
    }

    /** What a subscriber wants of a table; the same words for the feed and for PostgreSQL. */
    private record Narrowing(String where, String select) {

        static Narrowing of(Table table, Random random) {
            String where = switch (random.nextInt(6)) {
                case 0 -> "";
                case 1 -> simple(table, random);
                case 2 -> simple(table, random) + " AND " + simple(table, random);
                case 3 -> simple(table, random) + " OR " + simple(table, random);
                case 4 -> "NOT (" + simple(table, random) + ")";
                default -> "(" + simple(table, random) + ") IS NOT TRUE";
            };
            if (random.nextBoolean()) {
                return new Narrowing(where, "");
            }
            List<String> wanted = new ArrayList<>(List.of(table.key().split(", ", -1)));
            for (String column : table.names()) {
                if (!wanted.contains(column) && random.nextBoolean()) {
                    wanted.add(column);
                }
            }
            if (random.nextBoolean()) {
                wanted.add("a + 1 AS more");
            }
            return new Narrowing(where, String.join(", ", wanted));
        }

        private static String simple(Table table, Random random) {
            return switch (random.nextInt(table.has("d") ? 7 : 6)) {
                case 0 -> "a > " + random.nextInt(10);
                case 1 -> "a IS NULL";
                case 2 -> "b = 'b%d'".formatted(random.nextInt(4));
                case 3 -> "b LIKE 'b%' AND a < 7";
                case 4 -> "id BETWEEN 3 AND 12";
                case 5 -> "a IN (1, 3, 5, 7)";
                default -> "d";
            };
        }

        String query() {
            StringBuilder query = new StringBuilder();
            if (!where.isEmpty()) {
                query.append("&where=").append(URLEncoder.encode(where, StandardCharsets.UTF_8));
            }
            if (!select.isEmpty()) {
                query.append("&select=").append(URLEncoder.encode(select, StandardCharsets.UTF_8));
            }
            return query.toString();
        }

        String sql(Table table) {
            return "SELECT %s FROM %s%s"
                    .formatted(select.isEmpty() ? "*" : select, table.name(), where.isEmpty() ? "" : " WHERE " + where);
        }
    }

    /** An {@code EventSource} that folds what it is told, and is cut off at times. */
    private static final class Subscriber implements AutoCloseable {

        private final String path;
        private final Map<String, Map<String, String>> rows = new ConcurrentSkipListMap<>();
        /** What came, for whoever has to find out why. */
        private final List<String> story = new CopyOnWriteArrayList<>();

        private final Thread thread;
        private volatile Service service;
        private volatile @Nullable InputStream open;
        private volatile @Nullable Throwable failure;
        private volatile boolean closed;
        private String lastId = "";
        private boolean filling;

        Subscriber(Service service, String path) {
            this.service = service;
            this.path = path;
            this.thread = Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try {
                while (!closed) {
                    try {
                        connect();
                    } catch (IOException _) {
                        Thread.sleep(20);
                    }
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (AssertionError | RuntimeException e) {
                failure = e;
            }
        }

        private void connect() throws IOException, InterruptedException {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(service.uri(path)).header("Accept", "text/event-stream");
            if (!lastId.isEmpty()) {
                request.header("Last-Event-ID", lastId);
            }
            HttpResponse<InputStream> response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() == 503) {
                    throw new IOException("not ready");
                }
                if (response.statusCode() != 200) {
                    throw new AssertionError(path + ": " + response.statusCode() + " "
                            + new String(body.readAllBytes(), StandardCharsets.UTF_8));
                }
                open = body;
                story.add("%s after %s".formatted(service.folder().getFileName(), lastId));
                events(new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8)));
            }
        }

        /** WHATWG HTML, section 9.2.6. */
        private void events(BufferedReader lines) throws IOException {
            String event = "";
            String data = "";
            String id = lastId;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    lastId = id;
                    if (!data.isEmpty()) {
                        dispatch(event, id, data);
                    }
                    event = "";
                    data = "";
                } else if (line.startsWith("event: ")) {
                    event = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.startsWith("id:")) {
                    id = line.substring(3).strip();
                }
            }
        }

        private void dispatch(String event, String id, String data) throws IOException {
            story.add(event + " " + id);
            switch (event) {
                case "snapshot-begin" -> {
                    rows.clear();
                    filling = true;
                }
                case "snapshot-end" -> {
                    filling = false;
                    int told = Fold.JSON.readTree(data).get("rows").asInt();
                    if (told != rows.size()) {
                        throw new AssertionError("%s: %d rows told, %d there".formatted(path, told, rows.size()));
                    }
                }
                case "insert", "update" -> put(Fold.JSON.readTree(data));
                case "delete" -> rows.remove(Fold.JSON.readTree(data).get("key").toString());
                case "truncate" -> rows.clear();
                case "gap" -> rows.clear();
                case "error" -> throw new AssertionError(path + ": " + data);
                default -> {}
            }
        }

        private void put(JsonNode delta) {
            if (filling != delta.path("snapshot").asBoolean() && filling) {
                throw new AssertionError(path + ": a change among the rows: " + delta);
            }
            String key = delta.get("key").toString();
            Map<String, String> row = new TreeMap<>();
            delta.get("after")
                    .properties()
                    .forEach(column -> row.put(
                            column.getKey(),
                            column.getValue().isNull()
                                    ? "NULL"
                                    : column.getValue().asText()));
            Map<String, String> before = rows.get(key);
            for (JsonNode unchanged : delta.path("unchanged")) {
                if (before != null && before.containsKey(unchanged.asText())) {
                    row.put(unchanged.asText(), before.get(unchanged.asText()));
                }
            }
            rows.put(key, row);
        }

        void cutOff() {
            InputStream body = open;
            if (body != null) {
                try {
                    body.close();
                } catch (IOException _) {
                    // it is gone already
                }
            }
        }

        void moveTo(Service other) {
            service = other;
            cutOff();
        }

        /** The end of it. */
        String story() {
            return String.join(", ", story.subList(Math.max(0, story.size() - 10), story.size()));
        }

        List<Map<String, String>> folded() {
            Throwable broken = failure;
            if (broken != null) {
                throw new IllegalStateException(path, broken);
            }
            return sorted(List.copyOf(rows.values()));
        }

        @Override
        public void close() {
            closed = true;
            cutOff();
            thread.interrupt();
        }
    }

    private static List<Map<String, String>> sorted(List<Map<String, String>> rows) {
        return rows.stream()
                .sorted(java.util.Comparator.comparing(Map::toString))
                .toList();
    }

    @Test
    void every_subscriber_folds_to_what_the_database_answers() throws Exception {
        long first = Long.getLong("seed", new Random().nextLong());
        System.out.println("FeedOracleIT seeds " + first + " and the " + (TABLES * ROUNDS) + " from it on");
        List<Table> tables = IntStream.range(0, TABLES)
                .mapToObj(i -> Table.of("t" + i, new Random(first + i)))
                .toList();
        try (DemoPostgres postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort())) {
            String jdbcUrl = Jdbc.url(postgres);
            try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
                for (Table table : tables) {
                    for (String command : table.create()) {
                        execute(connection, command);
                    }
                }
                for (Table table : tables) {
                    write(connection, table, new Random(first), 20);
                }
            }
            String captured =
                    "source: { postgresql: { url: \"%s\", tables: [public.*], slot: %s, publication: %s, heartbeat: 1s } }";
            try (DemoKafka kafka = DemoKafka.start(folder.resolve("kafka"), Service.freePort());
                    Service one = start(
                            "one",
                            captured.formatted(postgres.url(), "one", "one") + "\nrelay: { kafka: { topic: history } }",
                            kafka,
                            tables);
                    Service two = start("two", captured.formatted(postgres.url(), "two", "two"), kafka, tables);
                    Service three = start("three", "source: { kafka: { topic: history } }", kafka, tables)) {
                List<Service> services = List.of(one, two, three);
                services.forEach(FeedOracleIT::awaitCapturing);
                for (int round = 0; round < ROUNDS; round++) {
                    round(jdbcUrl, tables, first + (long) round * TABLES, services);
                }
            }
        }
    }

    private Service start(String name, String source, DemoKafka kafka, List<Table> tables) throws IOException {
        String pipeline = """
                %s
                log: { path: log }
                streams:
                %s
                """.formatted(
                        source,
                        tables.stream()
                                .map(table -> "  %s: { from: public.%s }".formatted(table.name(), table.name()))
                                .collect(Collectors.joining("\n")));
        return Service.start(
                folder.resolve(name),
                pipeline,
                kafka.bootstrapServers(),
                "-Xmx256m",
                Program.QUICK,
                "-Ddelta-streams.feed.progress=500ms");
    }

    private static void awaitCapturing(Service service) {
        Awaitility.await("capture by " + service.folder())
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                .until(() -> {
                    assertThat(service.process().isAlive())
                            .as("the service lives: %s", service.output())
                            .isTrue();
                    return service.get("/feeds").body().contains("\"status\":\"running\"");
                });
    }

    /** Every table's seed at once, while one instance or the other is ended, or killed, and started again. */
    private void round(String jdbcUrl, List<Table> tables, long seed, List<Service> services) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> seeds = new ArrayList<>();
            for (int i = 0; i < tables.size(); i++) {
                Table table = tables.get(i);
                long own = seed + i;
                seeds.add(threads.submit(() -> {
                    try {
                        seed(jdbcUrl, table, own, services);
                    } catch (Exception | Error e) {
                        throw new AssertionError("seed %d: %s; %s".formatted(own, brief(e), states(services)), e);
                    }
                    return own;
                }));
            }
            Random random = new Random(seed);
            Service service = services.get(random.nextInt(services.size()));
            if (random.nextBoolean()) {
                service.kill();
            } else {
                service.terminate();
            }
            service.restart();
            for (Future<?> each : seeds) {
                each.get();
            }
            awaitCapturing(service);
        }
    }

    /** On one line, which is what a build's summary has room for. */
    private static String brief(Throwable e) {
        String text = (e.getCause() == null ? e : e.getCause()).toString().replaceAll("\\s+", " ");
        return text.substring(0, Math.min(text.length(), 1500));
    }

    private static String states(List<Service> services) {
        return services.stream()
                .map(service -> {
                    try {
                        return service.folder().getFileName() + " "
                                + service.feeds().get("source");
                    } catch (IOException | UncheckedIOException e) {
                        return service.folder().getFileName() + " does not answer, "
                                + (service.process().isAlive() ? "alive" : "ended");
                    }
                })
                .collect(Collectors.joining(", "));
    }

    private void seed(String jdbcUrl, Table table, long seed, List<Service> services) throws Exception {
        Random random = new Random(seed);
        Narrowing narrowing = Narrowing.of(table, random);
        List<Subscriber> subscribers = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(jdbcUrl)) {
            for (int half = 0; half < 2; half++) {
                for (int left = 4 + random.nextInt(10); left > 0; left--) {
                    write(connection, table, random, 1 + random.nextInt(8));
                    if (subscribers.size() < 3 && random.nextInt(3) == 0) {
                        subscribers.add(subscribe(table, narrowing, random, services));
                    }
                    if (!subscribers.isEmpty() && random.nextInt(3) == 0) {
                        Subscriber subscriber = subscribers.get(random.nextInt(subscribers.size()));
                        if (random.nextBoolean()) {
                            subscriber.cutOff();
                        } else {
                            subscriber.moveTo(services.get(random.nextInt(services.size())));
                        }
                    }
                }
                if (subscribers.isEmpty()) {
                    subscribers.add(subscribe(table, narrowing, random, services));
                }
                List<Map<String, String>> expected = answer(connection, narrowing.sql(table));
                for (Subscriber subscriber : subscribers) {
                    try {
                        Awaitility.await()
                                .atMost(Duration.ofMinutes(2))
                                .pollInterval(Duration.ofMillis(200))
                                .until(() -> subscriber.folded().equals(expected));
                    } catch (ConditionTimeoutException _) {
                        throw new AssertionError(
                                "%s as %s: %s, the last one by %s; %s instead of %s; all that came:%n%s"
                                        .formatted(
                                                narrowing.sql(table),
                                                subscriber.path,
                                                subscriber.story(),
                                                subscriber.service.folder().getFileName(),
                                                subscriber.folded(),
                                                expected,
                                                String.join("\n", subscriber.story)));
                    }
                }
            }
        } finally {
            subscribers.forEach(Subscriber::close);
        }
    }

    private static Subscriber subscribe(Table table, Narrowing narrowing, Random random, List<Service> services) {
        String from = random.nextInt(3) == 0 ? "earliest" : "snapshot";
        return new Subscriber(
                services.get(random.nextInt(services.size())),
                "/feeds/%s?from=%s%s".formatted(table.name(), from, narrowing.query()));
    }

    /** One transaction. */
    private static void write(Connection connection, Table table, Random random, int changes) throws SQLException {
        connection.setAutoCommit(false);
        for (int left = changes; left > 0; left--) {
            execute(connection, change(table, random));
        }
        if (random.nextInt(8) == 0) {
            connection.rollback();
        } else {
            connection.commit();
        }
    }

    private static String change(Table table, Random random) {
        String key = "id = %d%s"
                .formatted(random.nextInt(20), table.paired() ? " AND part = 'p%d'".formatted(random.nextInt(2)) : "");
        return switch (random.nextInt(40)) {
            case 0 -> "TRUNCATE " + table.name();
            case 1, 2, 3, 4, 5 -> "DELETE FROM %s WHERE %s".formatted(table.name(), key);
            case 6, 7 -> {
                int moved = 20 + random.nextInt(5);
                yield "UPDATE %s SET id = %d WHERE %s AND NOT EXISTS (SELECT FROM %s WHERE id = %d)"
                        .formatted(table.name(), moved, key, table.name(), moved);
            }
            case 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 ->
                "UPDATE %s SET a = %s WHERE %s".formatted(table.name(), value("a", random), key);
            case 18 -> "UPDATE %s SET b = %s".formatted(table.name(), value("b", random));
            default -> {
                List<String> values = new ArrayList<>();
                for (String column : table.names()) {
                    values.add(value(column, random));
                }
                yield "INSERT INTO %s VALUES (%s) ON CONFLICT (%s) DO UPDATE SET a = excluded.a, b = excluded.b"
                        .formatted(table.name(), String.join(", ", values), table.key());
            }
        };
    }

    private static String value(String column, Random random) {
        if (!column.equals("id") && !column.equals("part") && random.nextInt(5) == 0) {
            return "NULL";
        }
        return switch (column) {
            case "id" -> Integer.toString(random.nextInt(20));
            case "part" -> "'p%d'".formatted(random.nextInt(2));
            case "a" -> Integer.toString(random.nextInt(10));
            case "b" -> "'b%d'".formatted(random.nextInt(4));
            case "c" -> "%d.%02d".formatted(random.nextInt(1000), random.nextInt(100));
            case "d" -> Boolean.toString(random.nextBoolean());
            default -> "repeat('%d', %d)".formatted(random.nextInt(10), 1 + random.nextInt(6000));
        };
    }

    private static void execute(Connection connection, String command) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(command);
        }
    }

    private static List<Map<String, String>> answer(Connection connection, String sql) throws SQLException {
        List<Map<String, String>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                Map<String, String> row = new TreeMap<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    String value = result.getString(i);
                    boolean isBoolean =
                            result.getMetaData().getColumnTypeName(i).equals("bool");
                    row.put(
                            result.getMetaData().getColumnLabel(i),
                            value == null ? "NULL" : isBoolean ? Boolean.toString(value.equals("t")) : value);
                }
                rows.add(row);
            }
        }
        connection.commit();
        return sorted(rows);
    }
}
