package io.deltastreams.postgres;

import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.ChangeSourceContract;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The port's contract over a real PostgreSQL. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PostgresContract extends ChangeSourceContract {

    private final ChangeSource.Factory factory;
    private PostgresServer server;

    protected PostgresContract(ChangeSource.Factory factory) {
        this.factory = factory;
    }

    protected PostgresVersion version() {
        return PostgresVersion.V18;
    }

    @BeforeAll
    void start() throws IOException {
        server = PostgresServer.start(factory, version());
    }

    @AfterAll
    void stop() throws IOException {
        server.close();
    }

    @Override
    protected Database open() throws SQLException {
        String name = server.database();
        server.execute(
                name,
                "CREATE TABLE items (id int PRIMARY KEY, name text)",
                "CREATE TABLE notes (id int PRIMARY KEY, name text)");
        return new Postgres(server, name, server.connect(name));
    }

    private record Postgres(PostgresServer server, String name, Connection connection) implements Database {

        @Override
        public ChangeSource source() {
            server.awaitNoClaim(name);
            return server.source(name, "public.*");
        }

        @Override
        public void commit(Write... writes) throws SQLException {
            connection.setAutoCommit(false);
            for (Write write : writes) {
                switch (write) {
                    case Write.Insert(String table, int id, String value) ->
                        execute("INSERT INTO " + table + " (name, id) VALUES (?, ?)", value, id);
                    case Write.Update(String table, int id, String value) ->
                        execute("UPDATE " + table + " SET name = ? WHERE id = ?", value, id);
                    case Write.Delete(String table, int id) -> execute("DELETE FROM " + table + " WHERE id = ?", id);
                    case Write.Truncate(String table) -> execute("TRUNCATE " + table);
                }
            }
            connection.commit();
        }

        private void execute(String command, Object... arguments) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(command)) {
                for (int index = 0; index < arguments.length; index++) {
                    statement.setObject(index + 1, arguments[index]);
                }
                statement.executeUpdate();
            }
        }

        @Override
        public SortedMap<String, List<String>> rows(String table) throws SQLException {
            SortedMap<String, List<String>> texts = new TreeMap<>();
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT id, name FROM " + table)) {
                while (rows.next()) {
                    texts.put(rows.getInt(1) + "|", List.of(rows.getString(1), rows.getString(2)));
                }
            }
            connection.commit();
            return texts;
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }
}
