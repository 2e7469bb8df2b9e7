package io.deltastreams.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPostgresTest {

    @TempDir
    Path folder;

    @Test
    void a_restart_on_the_same_folder_finds_data_and_slot() throws SQLException {
        try (DemoPostgres postgres = DemoPostgres.start(folder, 0)) {
            execute(postgres.dataSource(), "CREATE TABLE kept (id int); INSERT INTO kept VALUES (42)");
            execute(postgres.dataSource(), "SELECT pg_create_logical_replication_slot('kept_slot', 'pgoutput')");
        }

        try (DemoPostgres postgres = DemoPostgres.start(folder, 0)) {
            assertThat(one(postgres.dataSource(), "SELECT id FROM kept")).isEqualTo("42");
            assertThat(one(postgres.dataSource(), "SELECT slot_name FROM pg_replication_slots"))
                    .isEqualTo("kept_slot");
            assertThat(postgres.url()).isEqualTo("postgresql://postgres@localhost:%d/shop", postgres.port());
        }
    }

    /** Starts a server and waits to be killed. */
    static final class Victim {

        public static void main(String[] arguments) throws Exception {
            DemoPostgres postgres = DemoPostgres.start(Path.of(arguments[0]), 0);
            execute(postgres.dataSource(), "CREATE TABLE kept (id int); INSERT INTO kept VALUES (42)");
            System.out.println("ready");
            Thread.sleep(Duration.ofMinutes(5));
        }
    }

    @Test
    void a_server_left_behind_by_a_killed_process_is_stopped_and_its_data_kept() throws Exception {
        Process victim = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = victim.inputReader()) {
            assertThat(output.lines().anyMatch("ready"::equals)).isTrue();
        }
        long orphan = Long.parseLong(
                Files.readAllLines(folder.resolve("data/postmaster.pid")).getFirst());
        victim.destroyForcibly().waitFor();
        assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isPresent();

        try (DemoPostgres postgres = DemoPostgres.start(folder, 0)) {
            assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
            assertThat(one(postgres.dataSource(), "SELECT id FROM kept")).isEqualTo("42");
        }
    }

    @Test
    void a_pid_file_without_its_process_does_not_matter() throws Exception {
        DemoPostgres.start(folder, 0).close();
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.writeString(
                folder.resolve("data/postmaster.pid"),
                "%d%n%s%n1%n5432%n%n%n%n".formatted(gone.pid(), folder.resolve("data")));

        try (DemoPostgres postgres = DemoPostgres.start(folder, 0)) {
            assertThat(one(postgres.dataSource(), "SHOW wal_level")).isEqualTo("logical");
        }
    }

    @Test
    void a_second_demo_on_the_folder_is_told_so() {
        try (DemoPostgres _ = DemoPostgres.start(folder, 0)) {
            assertThatThrownBy(() -> DemoPostgres.start(folder, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("another process")
                    .hasMessageContaining(folder.toString());
        }
    }

    @Test
    void a_taken_port_is_named_with_its_key() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> DemoPostgres.start(folder, taken.getLocalPort()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(String.valueOf(taken.getLocalPort()))
                    .hasMessageContaining("delta-streams.demo.postgres-port");
        }
    }

    private static void execute(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String one(DataSource database, String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
