package io.deltastreams.demo;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A real PostgreSQL below one folder, with logical replication switched on and a database {@code shop}. Data and replication slots outlive
 * {@link #close}: the next start on the same folder finds them. A server that a killed process has left behind on the folder is stopped first.
 * Deleting the folder starts anew.
 */
public final class DemoPostgres implements AutoCloseable {

    static final String DATABASE = "shop";

    private static final Duration STARTUP = Duration.ofSeconds(60);
    private static final Duration SHUTDOWN = Duration.ofSeconds(10);

    private final EmbeddedPostgres server;
    private final FileChannel lock;

    private DemoPostgres(EmbeddedPostgres server, FileChannel lock) {
        this.server = server;
        this.lock = lock;
    }

    /**
     * Starts a server, the first time with a new cluster.
     *
     * @param folder where everything lies; made if absent
     * @param port 0 for any free one
     * @throws IllegalStateException if another process uses the folder or the port, with what to do about it
     * @throws UncheckedIOException if the server does not come up
     */
    public static DemoPostgres start(Path folder, int port) {
        FileChannel lock = lock(folder);
        try {
            Path data = folder.resolve("data");
            stopLeftover(data.resolve("postmaster.pid"));
            Ports.requireFree(port, "PostgreSQL", "postgres-port");
            EmbeddedPostgres server = launch(folder, data, port);
            createDatabase(server);
            return new DemoPostgres(server, lock);
        } catch (IOException e) {
            release(lock);
            throw new UncheckedIOException(
                    "PostgreSQL does not start in %s; postgres.log there says why, and deleting the folder starts anew"
                            .formatted(folder),
                    e);
        } catch (RuntimeException e) {
            release(lock);
            throw e;
        }
    }

    private static EmbeddedPostgres launch(Path folder, Path data, int port) throws IOException {
        Redirect log = Redirect.to(folder.resolve("postgres.log").toFile());
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setPGStartupWait(STARTUP)
                .setPort(port)
                .setOutputRedirector(log)
                .setErrorRedirector(log)
                .setServerConfig("wal_level", "logical")
                .setServerConfig("max_wal_senders", "10")
                .setServerConfig("max_replication_slots", "10")
                // A slot that nobody reads any more must not fill the disk.
                .setServerConfig("max_slot_wal_keep_size", "1GB")
                .setServerConfig("max_wal_size", "256MB")
                .setServerConfig("shared_buffers", "32MB")
                .setServerConfig("log_checkpoints", "off")
                .setServerConfig("unix_socket_directories", "")
                .start();
    }

    private static void createDatabase(EmbeddedPostgres server) throws IOException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet found =
                        statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '%s'".formatted(DATABASE))) {
            if (!found.next()) {
                statement.execute("CREATE DATABASE " + DATABASE);
            }
        } catch (SQLException e) {
            server.close();
            throw new IOException("database %s cannot be created".formatted(DATABASE), e);
        }
    }

    private static FileChannel lock(Path folder) {
        try {
            Files.createDirectories(folder);
            FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel).isEmpty()) {
                channel.close();
                throw new IllegalStateException(
                        "another process runs its demo in %s; stop it, or choose another folder".formatted(folder));
            }
            return channel;
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's folder %s cannot be written".formatted(folder), e);
        }
    }

    private static Optional<FileLock> tryLock(FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock());
        } catch (OverlappingFileLockException _) {
            return Optional.empty();
        }
    }

    private static void release(FileChannel lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's lock is not released", e);
        }
    }

    /** We hold the folder's lock, so whoever started this server is gone. */
    private static void stopLeftover(Path pidFile) throws IOException {
        if (!Files.exists(pidFile)) {
            return;
        }
        List<String> lines = Files.readAllLines(pidFile);
        Optional<ProcessHandle> postmaster = lines.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.getFirst().strip())).filter(DemoPostgres::isPostgres);
        if (postmaster.isEmpty()) {
            return;
        }
        List<ProcessHandle> processes = postmaster.get().descendants().toList();
        postmaster.get().destroy();
        if (!ended(postmaster.get())) {
            // The write-ahead log makes this safe: the next start recovers.
            postmaster.get().destroyForcibly();
            for (ProcessHandle process : processes) {
                process.destroyForcibly();
                ended(process);
            }
        }
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info()
                .command()
                .filter(command -> command.contains("postgres"))
                .isPresent();
    }

    private static boolean ended(ProcessHandle process) {
        try {
            process.onExit().get(SHUTDOWN.toSeconds(), TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException | ExecutionException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public int port() {
        return server.getPort();
    }

    /** As the pipeline file's {@code url} wants it; the server asks for no password. */
    public String url() {
        return url(port());
    }

    static String url(int port) {
        return "postgresql://postgres@localhost:%d/%s".formatted(port, DATABASE);
    }

    /** Connections to {@code shop}. */
    public PGSimpleDataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://localhost:%d/%s".formatted(port(), DATABASE));
        source.setUser("postgres");
        source.setConnectTimeout(5);
        source.setSocketTimeout(30);
        return source;
    }

    /** Stops the server in order and keeps its data. Closing again does nothing. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the demo's PostgreSQL does not stop", e);
        } finally {
            release(lock);
        }
    }
}
