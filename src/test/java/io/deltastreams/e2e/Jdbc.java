package io.deltastreams.e2e;

import io.deltastreams.demo.DemoPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** The database as the tests themselves reach it. */
final class Jdbc {

    private Jdbc() {}

    static String url(DemoPostgres postgres) {
        return "jdbc:" + postgres.url().replace("postgres@", "") + "?user=postgres";
    }

    static void execute(String url, String... commands) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }
}
