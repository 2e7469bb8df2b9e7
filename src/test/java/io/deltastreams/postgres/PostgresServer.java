package io.deltastreams.postgres;

import static org.awaitility.Awaitility.await;

import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL with a new database for each test. */
public final class PostgresServer implements AutoCloseable {

    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final EmbeddedPostgres server;
    private final ChangeSource.Factory factory;

    private PostgresServer(EmbeddedPostgres server, ChangeSource.Factory factory) {
        this.server = server;
        this.factory = factory;
    }

    /** @param factory of the sources that read it */
    public static PostgresServer start(ChangeSource.Factory factory) throws IOException {
        return start(factory, PostgresVersion.V18);
    }

    public static PostgresServer start(ChangeSource.Factory factory, PostgresVersion version) throws IOException {
        return start(factory, version, "logical", 40);
    }

    public static PostgresServer start(
            ChangeSource.Factory factory, PostgresVersion version, String walLevel, int slots) throws IOException {
        EmbeddedPostgres server = version.builder()
                .setServerConfig("wal_level", walLevel)
                .setServerConfig("max_replication_slots", Integer.toString(slots))
                .setServerConfig("fsync", "off")
                .start();
        return new PostgresServer(server, factory);
    }

    public int port() {
        return server.getPort();
    }

    /** Makes a database of its own for a test. */
    public String database() throws SQLException {
        String name = "test" + DATABASES.incrementAndGet();
        execute("postgres", "CREATE DATABASE " + name);
        return name;
    }

    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/%s".formatted(port(), database), "postgres", "postgres");
    }

    public void execute(String database, String... commands) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    public String text(String database, String query) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** The server's process behind a session that a source has closed may need a moment to end, and holds its claim until then. */
    public void awaitNoClaim(String database) {
        await().atMost(Duration.ofSeconds(30))
                .until(
                        () -> text(
                                database,
                                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
                        "0"::equals);
    }

    /** The table's rows as texts, by the first column's, as {@code Fold} tells them. */
    public SortedMap<String, List<String>> rows(String database, String table) throws SQLException {
        SortedMap<String, List<String>> texts = new TreeMap<>();
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
            int width = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= width; column++) {
                    row.add(String.valueOf(rows.getString(column)));
                }
                texts.put(rows.getString(1) + "|", row);
            }
        }
        return texts;
    }

    /** The slot is the database's own, so that tests do not meet. */
    public ChangeSource source(String database, String tables, String... more) {
        return sourceAt("postgres:postgres@localhost:" + port(), database, tables, more);
    }

    public ChangeSource sourceAt(String authority, String database, String tables, String... more) {
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
        ChangeSource source = factory.create(settings);
        settings.finish();
        settings.check();
        return source;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
