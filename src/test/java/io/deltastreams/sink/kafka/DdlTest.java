package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.codec.Codec;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.postgres.DirectEngineFactory;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real server's {@code ALTER TABLE} shows as in each format: the row that is inserted next, and the schema that it is written with. */
@QuarkusTest
@QuarkusTestResource(value = TestBroker.class, restrictToAnnotatedClass = true)
@SuppressWarnings("NullAway.Init") // injected
class DdlTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The key and the row. */
    private static final String JSON_ROWS = """
            ADD: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"a","place":"x"}
            ADD_WITH_DEFAULT: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"a","qty":7}
            DROP: {"id":1} {"id":1,"tenant":2,"n":3,"big":4}
            RENAME: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"remark":"a"}
            WIDEN: {"id":1} {"id":1,"tenant":2,"n":9000000000,"big":4,"note":"a"}
            NARROW: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"a"}
            RETYPE: {"id":1} {"id":1,"tenant":2,"n":"three","big":4,"note":"a"}
            DEFAULT: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"d"}
            NOT_NULL: {"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"a"}
            KEY: {"tenant":2,"id":1} {"id":1,"tenant":2,"n":3,"big":4,"note":"a"}
            """;

    /** The columns of the key's schema and the row's, {@code !} where they are NOT NULL. */
    private static final String AVRO_COLUMNS = """
            ADD: [id int] [id int!, tenant int!, n int, big long, note string, place string]
            ADD_WITH_DEFAULT: [id int] [id int!, tenant int!, n int, big long, note string, qty int!]
            DROP: [id int] [id int!, tenant int!, n int, big long]
            RENAME: [id int] [id int!, tenant int!, n int, big long, remark string]
            WIDEN: [id int] [id int!, tenant int!, n long, big long, note string]
            NARROW: [id int] [id int!, tenant int!, n int, big int, note string]
            RETYPE: [id int] [id int!, tenant int!, n string, big long, note string]
            DEFAULT: [id int] [id int!, tenant int!, n int, big long, note string]
            NOT_NULL: [id int] [id int!, tenant int!, n int, big long, note string!]
            KEY: [tenant int, id int] [id int!, tenant int!, n int, big long, note string]
            """;

    /** The same of Connect's schemas, where {@code NOT NULL} is no union. */
    private static final String CONNECT_COLUMNS = """
            ADD: [id int!] [id int!, tenant int!, n int, big long, note string, place string]
            ADD_WITH_DEFAULT: [id int!] [id int!, tenant int!, n int, big long, note string, qty int!]
            DROP: [id int!] [id int!, tenant int!, n int, big long]
            RENAME: [id int!] [id int!, tenant int!, n int, big long, remark string]
            WIDEN: [id int!] [id int!, tenant int!, n long, big long, note string]
            NARROW: [id int!] [id int!, tenant int!, n int, big int, note string]
            RETYPE: [id int!] [id int!, tenant int!, n string, big long, note string]
            DEFAULT: [id int!] [id int!, tenant int!, n int, big long, note string]
            NOT_NULL: [id int!] [id int!, tenant int!, n int, big long, note string!]
            KEY: [tenant int!, id int!] [id int!, tenant int!, n int, big long, note string]
            """;

    /** The fields of the key's message and the row's, and what is reserved there. */
    private static final String PROTOBUF_FIELDS = """
            ADD: [int32 id=1] [int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string note=5, string place=6]
            ADD_WITH_DEFAULT: [int32 id=1] [int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string note=5, int32 qty=6]
            DROP: [int32 id=1] [reserved 5, reserved "note", int32 id=1, int32 tenant=2, int32 n=3, int64 big=4]
            RENAME: [int32 id=1] [reserved 5, reserved "note", int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string remark=6]
            WIDEN: [int32 id=1] [int32 id=1, int32 tenant=2, int64 n=3, int64 big=4, string note=5]
            NARROW: [int32 id=1] [reserved 4, int32 id=1, int32 tenant=2, int32 n=3, string note=5, int32 big=6]
            RETYPE: [int32 id=1] [reserved 3, int32 id=1, int32 tenant=2, int64 big=4, string note=5, string n=6]
            DEFAULT: [int32 id=1] [int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string note=5]
            NOT_NULL: [int32 id=1] [int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string note=5]
            KEY: [int32 id=1, int32 tenant=2] [int32 id=1, int32 tenant=2, int32 n=3, int64 big=4, string note=5]
            """;

    /** The properties of the key's JSON Schema and the row's, {@code !} where they may not be null. */
    private static final String JSON_PROPERTIES = """
            ADD: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string, place string]
            ADD_WITH_DEFAULT: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string, qty integer!]
            DROP: [id integer!] [id integer!, tenant integer!, n integer, big integer]
            RENAME: [id integer!] [id integer!, tenant integer!, n integer, big integer, remark string]
            WIDEN: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string]
            NARROW: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string]
            RETYPE: [id integer!] [id integer!, tenant integer!, n string, big integer, note string]
            DEFAULT: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string]
            NOT_NULL: [id integer!] [id integer!, tenant integer!, n integer, big integer, note string!]
            KEY: [tenant integer!, id integer!] [id integer!, tenant integer!, n integer, big integer, note string]
            """;

    private static final Map<String, String> EXPECTED = Map.of(
            "json", JSON_ROWS,
            "cloudevents", JSON_ROWS,
            "debezium-json", JSON_ROWS,
            "json with registry", JSON_PROPERTIES,
            "avro", AVRO_COLUMNS,
            "debezium-avro", CONNECT_COLUMNS,
            "protobuf", PROTOBUF_FIELDS);

    /** A change of a table {@code t (id int PRIMARY KEY, tenant int NOT NULL, n int, big bigint, note text)}, and the row behind it. */
    private enum Ddl {
        ADD("ALTER TABLE t ADD COLUMN place text", "1, 2, 3, 4, 'a', 'x'"),
        ADD_WITH_DEFAULT("ALTER TABLE t ADD COLUMN qty int NOT NULL DEFAULT 7", "1, 2, 3, 4, 'a', DEFAULT"),
        DROP("ALTER TABLE t DROP COLUMN note", "1, 2, 3, 4"),
        RENAME("ALTER TABLE t RENAME COLUMN note TO remark", "1, 2, 3, 4, 'a'"),
        WIDEN("ALTER TABLE t ALTER COLUMN n TYPE bigint", "1, 2, 9000000000, 4, 'a'"),
        NARROW("ALTER TABLE t ALTER COLUMN big TYPE int", "1, 2, 3, 4, 'a'"),
        RETYPE("ALTER TABLE t ALTER COLUMN n TYPE text", "1, 2, 'three', 4, 'a'"),
        DEFAULT("ALTER TABLE t ALTER COLUMN note SET DEFAULT 'd'", "1, 2, 3, 4, DEFAULT"),
        NOT_NULL("ALTER TABLE t ALTER COLUMN note SET NOT NULL", "1, 2, 3, 4, 'a'"),
        KEY("ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (tenant, id)", "1, 2, 3, 4, 'a'");

        private final String statement;
        private final String row;

        Ddl(String statement, String row) {
            this.statement = statement;
            this.row = row;
        }
    }

    @Inject
    @Any
    Instance<Codec.Factory> formats;

    @TempDir
    Path schemas;

    @Test
    void each_change_of_a_table_shows_in_each_format_as_what_it_is() throws Exception {
        // given
        Map<Ddl, List<Delta>> deltas = captured();

        // then
        SoftAssertions soft = new SoftAssertions();
        for (Map.Entry<String, String> expected : EXPECTED.entrySet()) {
            String format = expected.getKey();
            StringBuilder told = new StringBuilder();
            for (Ddl ddl : Ddl.values()) {
                List<Delta> inserts = deltas.getOrDefault(ddl, List.of());
                told.append(ddl)
                        .append(": ")
                        .append(shown(format, ddl, inserts))
                        .append('\n');
            }
            soft.assertThat(told.toString()).as(format).isEqualTo(expected.getValue());
        }
        soft.assertAll();
    }

    private static Map<Ddl, List<Delta>> captured() throws Exception {
        Map<Ddl, List<Delta>> deltas = new LinkedHashMap<>();
        try (PostgresServer server = PostgresServer.start(DirectEngineFactory.create())) {
            for (Ddl ddl : Ddl.values()) {
                String database = server.database();
                server.execute(
                        database,
                        "CREATE TABLE t (id int PRIMARY KEY, tenant int NOT NULL, n int, big bigint, note text)");
                RecordingIntake intake = new RecordingIntake();
                try (RunningSource _ = RunningSource.start(server.source(database, "public.t"), intake)) {
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> server.text(
                                            database,
                                            "SELECT count(*) FROM pg_replication_slots WHERE active AND database = current_database()")
                                    .equals("1"));
                    server.execute(database, "INSERT INTO t VALUES (0, 2, 3, 4, 'a')");
                    server.execute(database, ddl.statement);
                    server.execute(database, "INSERT INTO t VALUES (" + ddl.row + ")");
                    intake.awaitLog(log -> inserts(log).size() >= 2);
                }
                deltas.put(ddl, inserts(intake.log()));
            }
        }
        return deltas;
    }

    private static List<Delta> inserts(List<Transaction> log) {
        List<Delta> deltas = new ArrayList<>();
        for (Transaction transaction : log) {
            for (Change change : transaction.changes()) {
                if (change instanceof Change.Insert && transaction.kind() == Transaction.Kind.COMMIT) {
                    TableId table = (TableId) change.schema().relation();
                    deltas.add(new Delta(change, table, transaction.id(), transaction.committedAt(), false, false));
                }
            }
        }
        return deltas;
    }

    /** The key and the row as written, or what the schema says of them where there is one. */
    private String shown(String format, Ddl ddl, List<Delta> deltas) throws IOException {
        boolean registered = !List.of("json", "debezium-json", "cloudevents").contains(format);
        Path folder = schemas.resolve(format).resolve(ddl.name());
        Settings settings = Settings.parse("f.yaml", registered ? "registry: " + folder : "{}", _ -> null);
        Codec codec = formats.select(Identifier.Literal.of(format.split(" ", 2)[0]))
                .get()
                .create(settings)
                .apply("t");
        byte[] key = new byte[0];
        byte[] value = key;
        for (Delta delta : deltas) {
            key = Objects.requireNonNull(codec.key(delta));
            value = codec.value(delta);
        }
        return switch (format) {
            case "json", "debezium-json", "cloudevents" ->
                text(key) + " " + JSON.readTree(text(value)).get("after");
            case "json with registry" -> properties(folder, key) + " " + properties(folder, value);
            case "avro", "debezium-avro" -> fields(folder, key) + " " + fields(folder, value);
            case "protobuf" ->
                messageFields(schema(folder, key), "Key") + " " + messageFields(schema(folder, value), "Row");
            default -> throw new AssertionError(format);
        };
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    /** Names and types of an Avro record's, or its row's, fields. */
    private static String fields(Path folder, byte[] record) throws IOException {
        JsonNode schema = JSON.readTree(schema(folder, record));
        for (JsonNode field : schema.get("fields")) {
            if (field.get("name").asText().equals("before")) {
                schema = field.get("type").get(1);
            }
        }
        boolean connect = schema.has("connect.name");
        List<String> fields = new ArrayList<>();
        for (JsonNode field : schema.get("fields")) {
            JsonNode type = field.get("type");
            JsonNode present = type.isArray() ? type.get(1) : type;
            fields.add(field.get("name").asText() + " "
                    + (present.isObject() ? present.get("type") : present).asText()
                    + (field.has("notNull") || (connect && !type.isArray()) ? "!" : ""));
        }
        return fields.toString();
    }

    /** Names and types of what a JSON Schema has of a key, or of the row in {@code after}. */
    private static String properties(Path folder, byte[] record) throws IOException {
        JsonNode schema = JSON.readTree(schema(folder, record));
        JsonNode object = schema.path("definitions").path("row");
        List<String> told = new ArrayList<>();
        (object.isMissingNode() ? schema : object)
                .get("properties")
                .properties()
                .forEach(property -> {
                    JsonNode type = property.getValue().get("type");
                    told.add(property.getKey() + " "
                            + (type.isArray() ? type.get(0).asText() : type.asText() + "!"));
                });
        return told.toString();
    }

    /** Names, types and numbers of the fields of a message, and what is reserved there. */
    private static String messageFields(String text, String message) {
        String body = text.substring(text.indexOf(message + " {"));
        return body.substring(body.indexOf('{') + 1, body.indexOf('}'))
                .lines()
                .map(line -> line.replaceAll("//.*", "")
                        .replace("optional ", "")
                        .replace(" = ", "=")
                        .replace(";", "")
                        .strip())
                .filter(line -> !line.isEmpty())
                .toList()
                .toString();
    }

    private static String schema(Path folder, byte[] record) throws IOException {
        int id = ByteBuffer.wrap(record).getInt(1);
        try (Stream<Path> files = Files.walk(folder)) {
            Path file = files.filter(path -> path.getFileName().toString().contains("-" + id + "."))
                    .findFirst()
                    .orElseThrow();
            return Files.readString(file);
        }
    }
}
