package io.deltastreams.source.debezium;

import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL with a new database for each test. */
final class PostgresServer implements AutoCloseable {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final EmbeddedPostgres server;

    private PostgresServer(EmbeddedPostgres server) {
        this.server = server;
    }

    static PostgresServer start() throws IOException {
        return start("logical", 40);
    }

    static PostgresServer start(String walLevel, int slots) throws IOException {
        return new PostgresServer(EmbeddedPostgres.builder()
                .setServerConfig("wal_level", walLevel)
                .setServerConfig("max_replication_slots", Integer.toString(slots))
                .setServerConfig("fsync", "off")
                .start());
    }

    int port() {
        return server.getPort();
    }

    /** Makes a database of its own for a test. */
    String database() throws SQLException {
        String name = "test" + DATABASES.incrementAndGet();
        execute("postgres", "CREATE DATABASE " + name);
        return name;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/%s".formatted(port(), database), "postgres", "postgres");
    }

    void execute(String database, String... commands) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    String text(String database, String query) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** The slot is the database's own, so that tests do not meet. */
    ChangeSource source(String database, String tables, String... more) {
        return sourceAt("postgres:postgres@localhost:" + port(), database, tables, more);
    }

    static ChangeSource sourceAt(String authority, String database, String tables, String... more) {
        String yaml = """
                url: postgresql://%s/%s
                tables: [%s]
                slot: %s
                heartbeat: 1s
                %s
                """.formatted(
                        authority,
                        database,
                        tables,
                        database.replaceAll("\\W", "_").toLowerCase(Locale.ROOT),
                        String.join("\n", more));
        Settings settings = Settings.parse("test.yaml", yaml, name -> null);
        ChangeSource source = new DebeziumPostgres.Factory().create(settings);
        settings.finish();
        settings.check();
        return source;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
