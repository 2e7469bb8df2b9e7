package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.change.Transaction;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.debezium.DebeziumEngineFactory;
import io.deltastreams.source.postgres.DirectEngineFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Both engines read the same random work, all types and changes of tables among it, and come to the same log: transactions, positions, schemas, rows.
 * What differs by design is left out: the text of points.
 */
class EnginesTest {

    private static final int TRANSACTIONS = 240;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private int nextId = 1000;

    private static ChangeSource source(
            ChangeSource.Factory factory, PostgresServer server, String database, String slot) {
        Settings settings = Settings.parse("test.yaml", """
                url: postgresql://postgres:postgres@localhost:%d/%s
                tables: [public.*]
                messages: ['*']
                slot: %s
                snapshot: never
                heartbeat: 1s
                """.formatted(server.port(), database, slot), name -> null);
        return factory.create(settings);
    }

    @Test
    void both_come_to_the_same_log() throws Exception {
        RecordingIntake direct = new RecordingIntake();
        RecordingIntake debezium = new RecordingIntake();
        try (PostgresServer server = PostgresServer.start(DirectEngineFactory.create())) {
            String database = server.database();
            server.execute(database, tables());
            try (RunningSource _ = RunningSource.start(
                            source(DirectEngineFactory.create(), server, database, "direct"), direct);
                    RunningSource _ = RunningSource.start(
                            source(DebeziumEngineFactory.create(), server, database, "debezium"), debezium);
                    Connection connection = server.connect(database)) {
                for (RecordingIntake intake : List.of(direct, debezium)) {
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> !intake.batches().isEmpty());
                }
                connection.setAutoCommit(false);
                for (int i = 0; i < TRANSACTIONS; i++) {
                    work(connection);
                    if (i % 40 == 39) {
                        // The catalog tells what it has now: a table is changed when both have come this far.
                        same(connection, direct, debezium);
                        execute(connection, change(i / 40));
                        connection.commit();
                    }
                }
                same(connection, direct, debezium);
            }
        }
    }

    private static String[] tables() {
        List<String> commands = new ArrayList<>(TypesContract.PREPARATION);
        commands.add("CREATE TABLE everything (" + TypesContract.columns() + ")");
        commands.add("CREATE TABLE plain (id int PRIMARY KEY, name text, n numeric(12,2), large text)");
        commands.add("ALTER TABLE plain ALTER large SET STORAGE EXTERNAL");
        commands.add("CREATE TABLE whole (id int PRIMARY KEY, name text, large text)");
        commands.add("ALTER TABLE whole ALTER large SET STORAGE EXTERNAL, REPLICA IDENTITY FULL");
        commands.add("CREATE TABLE keyless (n int, name text)");
        commands.add("CREATE TABLE indexed (id int, code text NOT NULL UNIQUE, name text)");
        commands.add("ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_code_key");
        commands.add("CREATE TABLE parted (id int PRIMARY KEY, name text) PARTITION BY RANGE (id)");
        commands.add("CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (50)");
        commands.add("CREATE TABLE parted_2 PARTITION OF parted DEFAULT");
        commands.add("CREATE PUBLICATION delta_streams FOR ALL TABLES WITH (publish_via_partition_root = true)");
        return commands.toArray(String[]::new);
    }

    private void work(Connection connection) throws SQLException {
        int statements = 1 + random.nextInt(6);
        for (int i = 0; i < statements; i++) {
            execute(connection, statement());
        }
        if (random.nextInt(6) == 0) {
            execute(connection, "SAVEPOINT a", statement(), "ROLLBACK TO a", statement());
        }
        if (random.nextInt(8) == 0) {
            connection.rollback();
        } else {
            connection.commit();
        }
    }

    private String statement() {
        int id = random.nextInt(100);
        String name = random.nextInt(5) == 0 ? "NULL" : "'näme \\ " + random.nextInt() + "'";
        String large = random.nextInt(3) == 0 ? "repeat('large', 4000)" : "'small'";
        return switch (random.nextInt(14)) {
            case 0, 1 ->
                "INSERT INTO plain (id, large) VALUES (%d, %s) ON CONFLICT (id) DO UPDATE SET large = excluded.large"
                        .formatted(id, large);
            case 2 ->
                "UPDATE plain SET id = id + 1000 WHERE id = %d AND NOT EXISTS (SELECT FROM plain WHERE id = %d)"
                        .formatted(id, id + 1000);
            case 3 -> "DELETE FROM plain WHERE id %% 10 = %d".formatted(id % 10);
            case 4, 5 ->
                "INSERT INTO whole (id, large) VALUES (%d, %s) ON CONFLICT (id) DO UPDATE SET id = whole.id"
                        .formatted(id, large);
            case 6 -> "UPDATE whole SET large = %s WHERE id %% 10 = %d".formatted(large, id % 10);
            case 7 -> "DELETE FROM whole WHERE id %% 10 = %d".formatted(id % 10);
            case 8 -> "INSERT INTO keyless VALUES (%d, %s)".formatted(id, name);
            case 9 ->
                "INSERT INTO indexed VALUES (%d, 'code %d', %s) ON CONFLICT (code) DO UPDATE SET code = 'new code %d'"
                        .formatted(id, id, name, nextId++);
            case 10 ->
                "INSERT INTO parted VALUES (%d, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name"
                        .formatted(id, name);
            case 11 -> "DELETE FROM parted WHERE id %% 10 = %d".formatted(id % 10);
            case 12 ->
                random.nextInt(10) == 0
                        ? "TRUNCATE plain, keyless"
                        : "SELECT pg_logical_emit_message(%s, 'x', 'message %d')".formatted(random.nextBoolean(), id);
            default -> "INSERT INTO everything VALUES (" + TypesContract.values(nextId++, random) + ")";
        };
    }

    private static String change(int step) {
        return switch (step) {
            case 0 -> "ALTER TABLE plain ADD more numeric(5,1) NOT NULL DEFAULT 1.5";
            case 1 -> "ALTER TABLE plain DROP name";
            case 2 -> "ALTER TABLE whole RENAME name TO label";
            case 3 -> "ALTER TABLE plain ALTER n TYPE bigint USING n::bigint";
            case 4 -> "ALTER TABLE whole REPLICA IDENTITY DEFAULT";
            default -> "ALTER TABLE keyless ADD at timestamptz DEFAULT now()";
        };
    }

    private static void execute(Connection connection, String... commands) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    /** Without the times of messages that belong to no transaction, as the server tells none. */
    private static List<Transaction> timeless(List<Transaction> log) {
        return log.stream()
                .map(transaction -> transaction.id().equals("0")
                        ? new Transaction("0", transaction.kind(), Instant.EPOCH, transaction.changes(), true)
                        : transaction)
                .toList();
    }

    private void same(Connection connection, RecordingIntake direct, RecordingIntake debezium) throws SQLException {
        int marker = nextId++;
        execute(connection, "INSERT INTO keyless (n, name) VALUES (%d, 'marker')".formatted(marker));
        connection.commit();
        for (RecordingIntake intake : List.of(direct, debezium)) {
            intake.awaitLog(log -> !log.isEmpty()
                    && log.getLast().changes().getLast() instanceof Change.Insert insert
                    && Integer.valueOf(marker).equals(insert.after().get(0)));
        }
        List<Transaction> ours = timeless(direct.log());
        List<Transaction> theirs = timeless(debezium.log());
        assertThat(ours).as("seed %d", seed).hasSameSizeAs(theirs);
        for (int i = 0; i < ours.size(); i++) {
            assertThat(ours.get(i)).as("seed %d, transaction %d", seed, i).isEqualTo(theirs.get(i));
        }
    }
}
