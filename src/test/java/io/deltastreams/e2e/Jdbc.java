package io.deltastreams.e2e;

import io.deltastreams.demo.DemoPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** The database as the tests themselves reach it. */
final class Jdbc {

    private Jdbc() {}

    /**
     * Without TLS, which the demo's server does not speak. To ask for it all the same would give a busy server 5 s for its answer,
     * the driver's {@code sslResponseTimeout}; nothing else here runs out.
     */
    static String url(DemoPostgres postgres) {
        return "jdbc:" + postgres.url().replace("postgres@", "") + "?user=postgres&sslmode=disable";
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
