package io.deltastreams.codec.debezium;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.CodecContract;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.postgres.TypesContract;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.postgres.DirectEngineFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

class DebeziumJsonTest extends CodecContract {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LAST = "999999";

    /** Debezium has no column of it. */
    private static final Type INTERVALS = new Type.Array(Type.Simple.INTERVAL);

    /** @param types of the columns; only ours tell them */
    private record Event(JsonNode key, JsonNode value, Map<String, Type> types) {
        Event(JsonNode key, JsonNode value) {
            this(key, value, Map.of());
        }
    }

    @Override
    protected Codec codec() {
        return new DebeziumJson("");
    }

    @Test
    void events_are_those_of_debezium_itself() throws Exception {
        // given
        long seed = new Random().nextLong();
        System.out.println("DebeziumJsonTest seed " + seed);
        RecordingIntake intake = new RecordingIntake();
        try (PostgresServer server = PostgresServer.start(DirectEngineFactory.create())) {
            String database = server.database();
            TypesContract.PREPARATION.forEach(command -> run(server, database, command));
            run(server, database, "CREATE TABLE every (" + TypesContract.columns() + ")");
            run(server, database, "CREATE TABLE whole (id int, tenant text, note text, PRIMARY KEY (tenant, id))");
            run(server, database, "ALTER TABLE whole REPLICA IDENTITY FULL");
            run(
                    server,
                    database,
                    "CREATE TABLE plain (id bigint PRIMARY KEY, note text NOT NULL, n int NOT NULL, big bytea)");
            run(server, database, "ALTER TABLE plain ALTER note SET STORAGE EXTERNAL");

            // when
            try (RunningSource _ =
                    RunningSource.start(server.source(database, "public.every, public.whole, public.plain"), intake)) {
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> server.text(
                                        database,
                                        "SELECT count(*) FROM pg_replication_slots WHERE active AND database = current_database()")
                                .equals("1"));
                run(server, database, "SELECT pg_create_logical_replication_slot('engine', 'pgoutput')");
                change(server, database, new Random(seed));
                intake.awaitLog(log -> log.stream()
                        .flatMap(transaction -> transaction.changes().stream())
                        .anyMatch(change -> change instanceof Change.Insert insert
                                && LAST.equals(String.valueOf(insert.after().get(0)))));
            }
            List<Event> expected = debezium(server, database);

            // then
            List<Event> events = ours(intake.log());
            assertThat(events).hasSameSizeAs(expected);
            SoftAssertions soft = new SoftAssertions();
            for (int i = 0; i < events.size(); i++) {
                soft.assertThat(events.get(i).key())
                        .as("key of %d", i)
                        .isEqualTo(expected.get(i).key());
                compare(soft, events.get(i), expected.get(i).value());
            }
            soft.assertAll();
        }
    }

    private static void run(PostgresServer server, String database, String command) {
        try {
            server.execute(database, command);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(command, e);
        }
    }

    private static void change(PostgresServer server, String database, Random random) {
        for (int id = 1; id <= 40; id++) {
            run(server, database, "INSERT INTO every VALUES (" + TypesContract.values(id, random) + ")");
        }
        String large = "repeat('abcdefgh', 2000)";
        run(server, database, "INSERT INTO whole VALUES (1, 'a', 'x'), (2, 'b', NULL)");
        run(server, database, "UPDATE whole SET note = 'y' WHERE id = 1");
        run(server, database, "DELETE FROM whole WHERE id = 2");
        run(server, database, "INSERT INTO plain VALUES (1, " + large + ", 7, '\\x00ff'), (2, 'b', 8, NULL)");
        run(server, database, "UPDATE plain SET n = 9 WHERE id = 1");
        run(server, database, "UPDATE plain SET id = 3 WHERE id = 2");
        run(server, database, "DELETE FROM plain WHERE id = 1");
        run(server, database, "TRUNCATE plain");
        run(server, database, "INSERT INTO plain VALUES (" + LAST + ", '', 0, '')");
    }

    private static List<Event> ours(List<Transaction> log) {
        DebeziumJson codec = new DebeziumJson("");
        List<Event> events = new ArrayList<>();
        for (Transaction transaction : log) {
            for (Change change : transaction.changes()) {
                Delta delta = new Delta(
                        change,
                        (TableId) change.schema().relation(),
                        transaction.id(),
                        transaction.committedAt(),
                        false,
                        false);
                byte[] key = codec.key(delta);
                Map<String, Type> types =
                        change.schema().columns().stream().collect(Collectors.toMap(Column::name, Column::type));
                events.add(new Event(
                        key == null ? JSON.nullNode() : tree(new String(key, UTF_8)),
                        tree(new String(codec.value(delta), UTF_8)),
                        types));
            }
        }
        return events;
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Field by field, so that what differs is told by its column. */
    private static void compare(SoftAssertions soft, Event event, JsonNode theirs) {
        JsonNode ours = event.value();
        soft.assertThat(names(ours)).isEqualTo(names(theirs));
        soft.assertThat(names(ours.path("source"))).isEqualTo(names(theirs.path("source")));
        for (String image : List.of("before", "after")) {
            List<String> columns = names(ours.path(image));
            columns.removeIf(column -> INTERVALS.equals(event.types().get(column)));
            soft.assertThat(columns).as(image).isEqualTo(names(theirs.path(image)));
            for (Map.Entry<String, JsonNode> field : ours.path(image).properties()) {
                Type type = Objects.requireNonNull(event.types().get(field.getKey()));
                JsonNode other = theirs.path(image).path(field.getKey());
                if (!isKnownToDiffer(type, image, field.getValue(), other)) {
                    soft.assertThat(field.getValue())
                            .as("%s.%s (%s) of %s", image, field.getKey(), type, theirs.path("op"))
                            .isEqualTo(other);
                }
            }
        }
        soft.assertThat(ours.get("op")).isEqualTo(theirs.get("op"));
        for (String known :
                List.of("connector", "ts_ms", "snapshot", "ts_us", "ts_ns", "schema", "table", "txId", "xmin")) {
            soft.assertThat(ours.path("source").get(known))
                    .as(known)
                    .isEqualTo(theirs.path("source").get(known));
        }
    }

    /** What the package tells of. */
    private static boolean isKnownToDiffer(Type type, String image, JsonNode ours, JsonNode theirs) {
        return switch (type) {
            case Type.Opaque _ -> ours.isTextual();
            case Type.Array(Type.Opaque _) -> true;
            case Type.Array(Type element) ->
                element == Type.Simple.DATE
                        || theirs.isNull()
                        || theirs.isMissingNode()
                        || (theirs.has(0) && theirs.get(0).isNull());
            case Type.Simple simple
            when simple == Type.Simple.DATE && ours.isInt() ->
                ours.intValue() == Integer.MAX_VALUE || ours.intValue() == Integer.MIN_VALUE;
            default -> image.equals("before") && ours.isNull() && !theirs.isNull();
        };
    }

    private static List<String> names(JsonNode node) {
        List<String> names = new ArrayList<>();
        Iterator<String> fields = node.fieldNames();
        fields.forEachRemaining(names::add);
        return names;
    }

    private static List<Event> debezium(PostgresServer server, String database) throws Exception {
        Properties properties = new Properties();
        List.of(
                        "name=theirs",
                        "connector.class=io.debezium.connector.postgresql.PostgresConnector",
                        "offset.storage=org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
                        "database.hostname=localhost",
                        "database.port=" + server.port(),
                        "database.user=postgres",
                        "database.password=",
                        "database.dbname=" + database,
                        "topic.prefix=theirs",
                        "plugin.name=pgoutput",
                        "slot.name=engine",
                        "publication.name=delta_streams",
                        "publication.autocreate.mode=disabled",
                        "snapshot.mode=no_data",
                        "table.include.list=public.every,public.whole,public.plain",
                        "skipped.operations=none",
                        "tombstones.on.delete=false",
                        "decimal.handling.mode=string",
                        "time.precision.mode=microseconds",
                        "include.unknown.datatypes=true",
                        "key.converter.schemas.enable=false",
                        "value.converter.schemas.enable=false")
                .forEach(line ->
                        properties.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        List<Event> events = Collections.synchronizedList(new ArrayList<>());
        try (ExecutorService thread = Executors.newSingleThreadExecutor();
                DebeziumEngine<ChangeEvent<String, String>> engine = DebeziumEngine.create(Json.class)
                        .using(properties)
                        .notifying(event -> {
                            // Our own heartbeats are messages in the log, of which Debezium tells.
                            if (event.value() != null
                                    && !"m"
                                            .equals(tree(event.value())
                                                    .path("op")
                                                    .asText())) {
                                events.add(new Event(
                                        event.key() == null ? JSON.nullNode() : tree(event.key()),
                                        tree(event.value())));
                            }
                        })
                        .build()) {
            thread.execute(engine);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> !events.isEmpty()
                            && events.getLast()
                                    .value()
                                    .path("after")
                                    .path("id")
                                    .asText()
                                    .equals(LAST));
        }
        return List.copyOf(events);
    }
}
