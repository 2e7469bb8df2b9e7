package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.source.ChangeSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A primary and a hot standby that streams from it. */
final class PostgresPair implements AutoCloseable {

    private final PostgresServer primary;
    private final Path programs;
    private final Path folder;
    private final int port;

    private PostgresPair(PostgresServer primary, Path programs, Path folder, int port) {
        this.primary = primary;
        this.programs = programs;
        this.folder = folder;
        this.port = port;
    }

    static PostgresPair start(ChangeSource.Factory factory, Path folder) throws Exception {
        PostgresServer primary = PostgresServer.start(factory);
        Path programs = Path.of(primary.text("postgres", "SELECT setting FROM pg_config() WHERE name = 'BINDIR'"));
        PostgresPair pair = new PostgresPair(primary, programs, folder.resolve("standby"), free());
        pair.backUp();
        pair.configure();
        pair.control("start");
        return pair;
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** The embedded distribution lacks pg_basebackup: this is what it does (PostgreSQL manual, "Making a Base Backup Using the Low Level API"). */
    private void backUp() throws SQLException, IOException {
        primary.execute("postgres", "SELECT pg_create_physical_replication_slot('standby', true)");
        try (Connection session = primary.connect("postgres");
                Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_backup_start('standby', true)");
            copy(Path.of(primary.text("postgres", "SHOW data_directory")), folder);
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                row.next();
                Files.writeString(folder.resolve("backup_label"), row.getString(1));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            files.map(from::relativize).filter(PostgresPair::belongs).forEach(file -> {
                try {
                    Files.copy(from.resolve(file), to.resolve(file));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
    }

    private static boolean belongs(Path file) {
        return !file.startsWith("postmaster.pid")
                && !file.startsWith("postmaster.opts")
                && !(file.startsWith("pg_replslot") && file.getNameCount() > 1)
                && !(file.startsWith("pg_wal") && file.getFileName().toString().matches("[0-9A-F]{24}.*"));
    }

    private void configure() throws IOException {
        Files.createFile(folder.resolve("standby.signal"));
        Path settings = folder.resolve("postgresql.auto.conf");
        Files.writeString(settings, Files.readString(settings) + """
                port = %d
                wal_level = logical
                max_replication_slots = 40
                max_connections = 300
                fsync = off
                unix_socket_directories = '%s'
                primary_conninfo = 'host=localhost port=%d user=postgres dbname=postgres'
                primary_slot_name = standby
                hot_standby_feedback = on
                wal_receiver_status_interval = 1s
                """.formatted(port, folder, primary.port()));
    }

    private void control(String... command) throws IOException {
        List<String> words = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // The server does not run as root; so does the embedded primary.
            words.addAll(List.of("unshare", "-U"));
        }
        words.addAll(List.of(programs.resolve("pg_ctl").toString(), "-D", folder.toString(), "-w"));
        words.addAll(List.of("-l", folder.resolveSibling("standby.log").toString()));
        words.addAll(List.of(command));
        Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolveSibling("control.log").toFile())
                .start();
        assertThat(process.onExit().join().exitValue())
                .as(() -> "see " + folder.resolveSibling("standby.log"))
                .isZero();
    }

    PostgresServer primary() {
        return primary;
    }

    int standbyPort() {
        return port;
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://localhost:%d/%s".formatted(port, database), "postgres", "postgres");
    }

    void onStandby(String database, String... commands) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    String standbyText(String database, String query) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** Waits until the standby has all that the primary has. */
    void awaitStandby() throws SQLException {
        // The embedded server commits asynchronously by default.
        primary.execute("postgres", "SET synchronous_commit = on", "SELECT pg_logical_emit_message(true, 'x', '')");
        String end = primary.text("postgres", "SELECT pg_current_wal_lsn()");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> standbyText("postgres", "SELECT pg_last_wal_replay_lsn() >= '%s'".formatted(end))
                        .equals("t"));
    }

    /** Copies the primary's failover slots, as {@code sync_replication_slots = on} does by itself now and then. */
    void awaitCopy(String slot) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptionsMatching(SQLException.class::isInstance)
                .until(() -> {
                    // The slot moves on to where the primary has told of running transactions.
                    primary.execute("postgres", "SELECT pg_log_standby_snapshot()");
                    onStandby("postgres", "SELECT pg_sync_replication_slots()");
                    return standbyText(
                                    "postgres",
                                    "SELECT synced AND NOT temporary FROM pg_replication_slots WHERE slot_name = '%s'"
                                            .formatted(slot))
                            .equals("t");
                });
    }

    /** From now on the standby gets nothing more. */
    void cutOff() throws SQLException {
        onStandby("postgres", "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> standbyText("postgres", "SELECT count(*) FROM pg_stat_wal_receiver")
                        .equals("0"));
    }

    /** The primary is gone, and the standby takes its place. */
    void failOver() throws IOException, SQLException {
        primary.close();
        promote();
    }

    void promote() throws SQLException {
        assertThat(standbyText("postgres", "SELECT pg_promote()")).isEqualTo("t");
    }

    @Override
    public void close() throws IOException {
        primary.close();
        control("stop", "-m", "immediate");
    }
}
