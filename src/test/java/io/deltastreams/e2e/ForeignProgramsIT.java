package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Timestamp;
import io.deltastreams.codec.RealRegistry;
import io.deltastreams.demo.DemoPostgres;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/**
 * One table in each format, read by whole programs of others, as their users start them: Flink's tables, Kafka's console consumer, kcat, Apicurio's
 * deserializers. Each tells the table's content.
 */
@Tag("torture") // Fetches 200 MB of programs at the first run.
@TestInstance(Lifecycle.PER_CLASS)
class ForeignProgramsIT {

    private static final String FLINK = "2.2.0";
    private static final String KAFKA = "4.1.1";
    private static final String APICURIO = "3.1.7";
    private static final String PROTOBUF = "4.33.5";

    private static final String TABLE = """
            CREATE TABLE items (id int PRIMARY KEY, amount numeric(12,2) NOT NULL, note text, big bigint, ok boolean,
                weight double precision, day date, at timestamp, tag uuid);
            ALTER TABLE items REPLICA IDENTITY FULL;
            """;

    private final RealRegistry registry = new RealRegistry();

    private Path folder;
    private DemoPostgres postgres;
    private BrokerProcess broker;
    private Service service;
    private Connection connection;

    @BeforeAll
    void a_table_that_changed_a_lot(@TempDir Path here) throws Exception {
        folder = here;
        postgres = DemoPostgres.start(folder.resolve("postgres"), Service.freePort());
        broker = BrokerProcess.start(folder.resolve("broker"));
        registry.start();
        connection = DriverManager.getConnection(Jdbc.url(postgres));
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("ForeignProgramsIT seed " + seed);
        try (Statement statement = connection.createStatement()) {
            statement.execute(TABLE);
            service = Service.start(folder.resolve("service"), pipeline(), broker.bootstrapServers());
            service.awaitReady();
            awaitDelivery(change(statement, new Random(seed)));
        }
    }

    @AfterAll
    void end() throws Exception {
        service.close();
        registry.close();
        broker.close();
        connection.close();
        postgres.close();
    }

    private String pipeline() {
        String streams = Stream.of(
                        "json: { format: json }",
                        "debezium_json: { format: debezium-json }",
                        "debezium_avro: { format: debezium-avro, decimals: exact, registry: \"%s\" }",
                        "avro: { format: avro, decimals: string, registry: \"%s\" }",
                        "registered_json: { format: json, registry: \"%s\" }",
                        "protobuf: { format: protobuf, registry: \"%s\" }")
                .map(line -> line.formatted(registry.url()).split(": ", 2))
                .map(line -> "  %s: { from: public.items, to: { kafka: %s } }%n".formatted(line[0], line[1]))
                .reduce("", String::concat);
        return "name: foreign\nsource: { postgresql: { url: %s, tables: [public.items] } }\nlog: { path: log }\nstreams:\n%s"
                .formatted(postgres.url(), streams);
    }

    /** Gives a position that only the last change stands behind. */
    private static String change(Statement statement, Random random) throws SQLException {
        for (int i = 0; i < 300; i++) {
            int id = random.nextInt(40);
            switch (random.nextInt(6)) {
                case 0 -> statement.execute("DELETE FROM items WHERE id = " + id);
                case 1 -> statement.execute("UPDATE items SET amount = amount + 1 WHERE id < " + id);
                default -> {
                    String note = random.nextInt(4) == 0 ? "NULL" : "'n" + random.nextInt(1000) + "'";
                    statement.execute("""
                            INSERT INTO items VALUES (%d, %s, %s, %d, %b, %s, DATE '2026-01-01' + %d,
                                TIMESTAMP '2026-01-01 10:00:00.000001' + INTERVAL '1 microsecond' * %d, md5('%d')::uuid)
                            ON CONFLICT (id) DO UPDATE SET amount = excluded.amount, note = excluded.note, big = excluded.big
                            """.formatted(
                                    id,
                                    random.nextInt(1_000_000) / 100.0,
                                    note,
                                    random.nextLong(),
                                    random.nextBoolean(),
                                    random.nextInt(1000) / 8.0,
                                    random.nextInt(1000),
                                    random.nextInt(),
                                    random.nextInt()));
                }
            }
        }
        try (ResultSet lsn = statement.executeQuery("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")) {
            assertThat(lsn.next()).isTrue();
            String before = "0001-%016x".formatted(lsn.getLong(1));
            statement.execute("INSERT INTO items (id, amount) VALUES (99, 1)");
            return before;
        }
    }

    private void awaitDelivery(String behind) {
        Awaitility.await("delivery")
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    JsonNode outputs =
                            Fold.JSON.readTree(service.get("/feeds").body()).get("outputs");
                    assertThat(outputs)
                            .hasSize(6)
                            .allSatisfy(output ->
                                    assertThat(output.get("cursor").asText()).isGreaterThan(behind));
                });
    }

    /** The table's rows, each as {@code columns} writes it. */
    private List<String> table(String columns) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT %s FROM items".formatted(columns))) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }

    private List<String> flink(String topic, String format, String registry, String columns) throws Exception {
        List<String> lines = ForeignProgram.java(
                        "src/test/foreign/FlinkTable.java",
                        List.of(
                                "-Xmx700m",
                                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                                "--add-opens=java.base/java.util=ALL-UNNAMED",
                                "--add-opens=java.base/java.lang=ALL-UNNAMED"),
                        ForeignProgram.libraries(
                                "org.apache.flink:flink-clients:" + FLINK,
                                "org.apache.flink:flink-table-api-java-bridge:" + FLINK,
                                "org.apache.flink:flink-table-planner-loader:" + FLINK,
                                "org.apache.flink:flink-table-runtime:" + FLINK,
                                "org.apache.flink:flink-connector-base:" + FLINK,
                                "org.apache.flink:flink-json:" + FLINK,
                                "org.apache.flink:flink-sql-avro-confluent-registry:" + FLINK,
                                "org.apache.flink:flink-connector-kafka:5.0.0-2.2"),
                        broker.bootstrapServers(),
                        topic,
                        format,
                        registry,
                        columns)
                .lines(folder.resolve("flink.log"));
        return lines.stream().filter(line -> line.startsWith("row ")).toList();
    }

    @Test
    void flink_folds_debezium_json_to_the_table() throws Exception {
        List<String> rows = flink(
                "debezium_json",
                "debezium-json",
                "-",
                "id INT, amount DECIMAL(12,2), note STRING, big BIGINT, ok BOOLEAN, weight DOUBLE, `day` INT, `at` BIGINT, tag STRING");

        assertThat(rows).containsExactlyInAnyOrderElementsOf(table("""
                                format('row 1 +I[%s, %s, %s, %s, %s, %s, %s, %s, %s]', id, amount, coalesce(note, 'null'), coalesce(big::text, 'null'),
                                    coalesce(ok::text, 'null'),
                                    coalesce(CASE WHEN weight = floor(weight) THEN weight || '.0' ELSE weight::text END, 'null'),
                                    coalesce((day - DATE '1970-01-01')::text, 'null'),
                                    coalesce((extract(epoch FROM at) * 1000000)::bigint::text, 'null'), coalesce(tag::text, 'null'))
                                """));
    }

    @Test
    void flink_folds_debezium_avro_to_the_table() throws Exception {
        List<String> rows = flink(
                "debezium_avro",
                "debezium-avro-confluent",
                registry.url(),
                "id INT NOT NULL, amount DECIMAL(12,2) NOT NULL, note STRING, big BIGINT, ok BOOLEAN, `day` INT, `at` BIGINT, tag STRING");

        assertThat(rows).containsExactlyInAnyOrderElementsOf(table("""
                                format('row 1 +I[%s, %s, %s, %s, %s, %s, %s, %s]', id, amount, coalesce(note, 'null'), coalesce(big::text, 'null'),
                                    coalesce(ok::text, 'null'),
                                    coalesce((day - DATE '1970-01-01')::text, 'null'),
                                    coalesce((extract(epoch FROM at) * 1000000)::bigint::text, 'null'), coalesce(tag::text, 'null'))
                                """));
    }

    @Test
    void kafkas_console_consumer_reads_json() throws Exception {
        int there = TopicReader.records(broker.bootstrapServers(), "json").size();
        List<String> lines = ForeignProgram.java(
                        "org.apache.kafka.tools.consumer.ConsoleConsumer",
                        List.of(),
                        ForeignProgram.libraries("org.apache.kafka:kafka-tools:" + KAFKA),
                        "--bootstrap-server",
                        broker.bootstrapServers(),
                        "--topic",
                        "json",
                        "--from-beginning",
                        "--isolation-level",
                        "read_committed",
                        "--max-messages",
                        Integer.toString(there),
                        "--timeout-ms",
                        "60000",
                        "--property",
                        "print.partition=true")
                .lines(folder.resolve("console.log"));

        assertThat(lines).hasSize(there);
        assertFolds(lines.stream().map(line -> line.split("\t", 2)[1]).toList());
    }

    @Test
    void kcat_reads_json() throws Exception {
        String kcat = installed("kcat", "kafkacat");
        List<String> lines = ForeignProgram.installed(
                        kcat,
                        "-b",
                        broker.bootstrapServers(),
                        "-X",
                        "isolation.level=read_committed",
                        "-C",
                        "-q",
                        "-e",
                        "-o",
                        "beginning",
                        "-f",
                        "%k\t%h\t%s\n",
                        "-t",
                        "json")
                .lines(folder.resolve("kcat.log"));

        List<String[]> records = lines.stream().map(line -> line.split("\t", 3)).toList();
        assertThat(records)
                .allSatisfy(record -> assertThat(record[1]).contains("ds-position=0001-", "ds-op=", "ds-ts="));
        assertThat(records).allSatisfy(record -> assertThat(record[0]).startsWith("{\"id\":"));
        assertFolds(records.stream().map(record -> record[2]).toList());
    }

    private static String installed(String... names) {
        for (String name : names) {
            for (String place : System.getenv("PATH").split(File.pathSeparator, -1)) {
                if (Files.isExecutable(Path.of(place, name))) {
                    return name;
                }
            }
        }
        assumeTrue(false, "kcat is not installed");
        throw new AssertionError("unreachable");
    }

    private void assertFolds(List<String> deltas) throws IOException, SQLException {
        Map<String, String> rows = new HashMap<>();
        for (String text : deltas) {
            if (text.isEmpty() || text.equals("null")) {
                continue;
            }
            JsonNode delta = Fold.JSON.readTree(text);
            fold(rows, delta, delta.at("/key/id").asText());
        }
        assertThat(rows.values())
                .containsExactlyInAnyOrderElementsOf(table("format('%s %s %s', id, amount, coalesce(note, 'null'))"));
    }

    private static void fold(Map<String, String> rows, JsonNode delta, String id) {
        if (delta.get("op").asText().equals("delete")) {
            rows.remove(id);
        } else {
            JsonNode row = delta.get("after");
            rows.put(
                    id,
                    "%s %s %s"
                            .formatted(
                                    id,
                                    row.get("amount").asText(),
                                    row.get("note").isNull()
                                            ? "null"
                                            : row.get("note").asText()));
        }
    }

    private List<String> apicurio(String topic, List<Path> libraries, String deserializer, String... messages)
            throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                broker.bootstrapServers(),
                topic,
                registry.url().replace("ccompat/v7", "registry/v3"),
                "io.apicurio.registry.serde." + deserializer));
        arguments.addAll(List.of(messages));
        return ForeignProgram.java(
                        "src/test/foreign/ApicurioReader.java", List.of(), libraries, arguments.toArray(String[]::new))
                .lines(folder.resolve("apicurio.log"));
    }

    private static List<Path> apicurioFor(String format) {
        return ForeignProgram.libraries(
                "io.apicurio:apicurio-registry-%s-serde-kafka:%s".formatted(format, APICURIO),
                "org.apache.kafka:kafka-clients:" + KAFKA,
                "com.google.protobuf:protobuf-java:" + PROTOBUF);
    }

    /** The classes that {@code protoc} makes of the registry's schemas, {@code delta_streams.<Subject>$<message>}. */
    private Path compiled(String... subjects) throws Exception {
        Path sources = Files.createDirectories(folder.resolve("protobuf"));
        Path protoc = Files.copy(
                ForeignProgram.libraries("com.google.protobuf:protoc:exe:linux-x86_64:" + PROTOBUF)
                        .getFirst(),
                sources.resolve("protoc"));
        assertThat(protoc.toFile().setExecutable(true)).isTrue();
        String timestamp = "google/protobuf/timestamp.proto";
        Files.createDirectories(sources.resolve(timestamp).getParent());
        try (InputStream proto = Timestamp.class.getResourceAsStream("/" + timestamp)) {
            Files.copy(Objects.requireNonNull(proto), sources.resolve(timestamp));
        }
        List<String> generated = new ArrayList<>();
        for (String subject : subjects) {
            HttpResponse<String> latest = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(
                                            URI.create(registry.url() + "/subjects/" + subject + "/versions/latest"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            String file = subject.replace('-', '_') + ".proto";
            Files.writeString(
                    sources.resolve(file),
                    Fold.JSON.readTree(latest.body()).get("schema").asText());
            ForeignProgram.installed(protoc.toString(), "--proto_path=" + sources, "--java_out=" + sources, file)
                    .lines(folder.resolve("protoc.log"));
        }
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(generated::add);
        }
        List<String> options = new ArrayList<>(
                List.of("-nowarn", "-cp", ForeignProgram.classPath(apicurioFor("protobuf")), "-d", sources.toString()));
        options.addAll(generated);
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, options.toArray(String[]::new)))
                .isZero();
        return sources;
    }

    /** Values only, without what the program's libraries print. */
    private static List<String> told(List<String> lines) {
        return lines.stream()
                .filter(line -> line.startsWith("value "))
                .map(line -> line.substring("value ".length()))
                .toList();
    }

    @Test
    void apicurios_deserializer_reads_avro() throws Exception {
        Map<String, String> rows = new HashMap<>();
        for (String value : told(apicurio("avro", apicurioFor("avro"), "avro.AvroKafkaDeserializer"))) {
            JsonNode delta = Fold.JSON.readTree(value);
            JsonNode image = delta.get(delta.get("after").isNull() ? "before" : "after");
            fold(rows, delta, image.get("id").asText());
        }

        assertThat(rows.values())
                .containsExactlyInAnyOrderElementsOf(table("format('%s %s %s', id, amount, coalesce(note, 'null'))"));
    }

    @Test
    void apicurios_deserializer_reads_json_by_its_schema() throws Exception {
        assertFolds(
                told(apicurio("registered_json", apicurioFor("jsonschema"), "jsonschema.JsonSchemaKafkaDeserializer")));
    }

    @Test
    void apicurios_deserializer_reads_protobuf_by_classes_of_protoc() throws Exception {
        List<Path> libraries = new ArrayList<>(apicurioFor("protobuf"));
        libraries.add(compiled("protobuf-key", "protobuf-value"));
        Map<String, String> rows = new HashMap<>();
        for (String value : told(apicurio(
                "protobuf",
                libraries,
                "protobuf.ProtobufKafkaDeserializer",
                "delta_streams.ProtobufKeyOuterClass$ProtobufKey",
                "delta_streams.ProtobufValue$ProtobufDelta"))) {
            String id = found(value, "id: (\\d+)");
            if (found(value, "op: (\\w+)").endsWith("DELETE")) {
                rows.remove(id);
            } else {
                String row = found(value, "after \\{ (.*?) }");
                rows.put(
                        id,
                        "%s %s %s"
                                .formatted(
                                        found(row, "id: (\\d+)"),
                                        found(row, "amount: \"(.*?)\""),
                                        row.contains("note: ") ? found(row, "note: \"(.*?)\"") : "null"));
            }
        }

        assertThat(rows.values())
                .containsExactlyInAnyOrderElementsOf(table("format('%s %s %s', id, amount, coalesce(note, 'null'))"));
    }

    private static String found(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return matcher.group(1);
    }
}
