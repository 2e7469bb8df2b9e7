package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A cluster of its own on the binaries of Debian's PostgreSQL 15 ({@code apt install postgresql-15}), with the defaults that it comes with: every
 * commit is synced. Run by root, the server runs as the user postgres.
 */
record DebianPostgres(Path data, int port) implements AutoCloseable {

    private static final Path BINARIES = Path.of("/usr/lib/postgresql/15/bin");

    /** @param settings lines of {@code postgresql.conf} */
    static DebianPostgres start(Path folder, String... settings) throws IOException {
        assertThat(BINARIES)
                .as("Debian's PostgreSQL 15: apt install postgresql-15")
                .isDirectory();
        Files.createDirectories(folder);
        for (Path up = folder; up != null && !up.equals(Path.of("/tmp")); up = up.getParent()) {
            up.toFile().setExecutable(true, false);
            up.toFile().setReadable(true, false);
        }
        if (isRoot()) {
            run(List.of("chown", "postgres", folder.toString()));
        }
        Path data = folder.resolve("data");
        int port = Service.freePort();
        run(asPostgres("initdb", "-D", data.toString(), "-A", "trust", "-U", "postgres"));
        Files.writeString(
                data.resolve("postgresql.conf"),
                "wal_level = logical\nport = %d\nlisten_addresses = 'localhost'\nunix_socket_directories = ''\n%s\n"
                        .formatted(port, String.join("\n", settings)));
        run(asPostgres(
                "pg_ctl", "-D", data.toString(), "-l", folder.resolve("log").toString(), "-w", "start"));
        return new DebianPostgres(data, port);
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static List<String> asPostgres(String program, String... arguments) {
        List<String> command = new ArrayList<>(isRoot() ? List.of("runuser", "-u", "postgres", "--") : List.of());
        command.add(BINARIES.resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.onExit().join().exitValue())
                .as(String.join(" ", command))
                .isZero();
    }

    String url() {
        return "postgresql://postgres@localhost:%d/postgres".formatted(port);
    }

    String jdbcUrl() {
        return "jdbc:postgresql://localhost:%d/postgres?user=postgres".formatted(port);
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(jdbcUrl());
    }

    void execute(String... commands) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String command : commands) {
                statement.execute(command);
            }
        }
    }

    void pgbench(String... arguments) throws IOException, InterruptedException {
        assertThat(startPgbench(arguments).waitFor()).isZero();
    }

    Process startPgbench(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                BINARIES.resolve("pgbench").toString(),
                "-h",
                "localhost",
                "-p",
                Integer.toString(port),
                "-U",
                "postgres"));
        command.addAll(List.of(arguments));
        command.add("postgres");
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Override
    public void close() throws IOException {
        run(asPostgres("pg_ctl", "-D", data.toString(), "-m", "immediate", "-w", "stop"));
    }
}
