package io.deltastreams.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.core.BaseConnection;
import org.postgresql.util.HostSpec;

/** Opens sessions at the server, all with the same idea of how values look as text. */
public final class Connections {

    /** What values look like must not depend on a role's or a database's settings, nor on this machine's time zone. */
    private static final String FORMS = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres';"
            + " SET bytea_output = 'hex'; SET extra_float_digits = 3; SET lc_monetary = 'C'; SET xmloption = 'content'";

    /** Asked itself: the driver manager would make one of every driver on the class path, the SQL compiler's among them. */
    private static final Driver DRIVER = new Driver();

    private Connections() {}

    /** A session for queries; one that does not answer for a minute is given up. */
    public static Connection open(Server server) throws SQLException {
        Properties properties = properties(server);
        properties.putIfAbsent("socketTimeout", "60");
        return connect(server, properties);
    }

    /** A session for queries whose values are read as text. */
    public static Connection openForValues(Server server) throws SQLException {
        return withForms(connect(server, properties(server)));
    }

    /** A session that speaks the replication protocol (PostgreSQL manual, "Streaming Replication Protocol"). */
    public static Connection openForReplication(Server server) throws SQLException {
        Properties properties = properties(server);
        properties.setProperty("replication", "database");
        // The driver asks a walsender nothing that it cannot answer if it may assume what we need anyway.
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("preferQueryMode", "simple");
        return withForms(connect(server, properties));
    }

    /** Where a session's server is, of the hosts that were tried. */
    static Server.Host host(Connection session) throws SQLException {
        HostSpec host = session.unwrap(BaseConnection.class).getQueryExecutor().getHostSpec();
        return new Server.Host(host.getHost(), host.getPort());
    }

    private static Connection connect(Server server, Properties properties) throws SQLException {
        return Objects.requireNonNull(DRIVER.connect(server.jdbcUrl(), properties), "not a URL of PostgreSQL's");
    }

    private static Connection withForms(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String form : FORMS.split(";", -1)) {
                statement.execute(form);
            }
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    private static Properties properties(Server server) {
        Properties properties = new Properties();
        properties.putAll(server.options());
        properties.setProperty("user", server.user());
        if (!server.password().isEmpty()) {
            // Without one, the driver looks into the password file.
            properties.setProperty("password", server.password());
        }
        properties.setProperty("ApplicationName", "delta-streams");
        properties.putIfAbsent("connectTimeout", "10");
        properties.putIfAbsent("tcpKeepAlive", "true");
        return properties;
    }
}
