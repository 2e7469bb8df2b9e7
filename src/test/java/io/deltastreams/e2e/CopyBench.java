package io.deltastreams.e2e;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** {@code COPY … TO STDOUT} through the driver's own interface; what comes is counted and thrown away. */
final class CopyBench {

    /** Of a table, that a connection reads at once where there are several: as many as the snapshot takes. */
    private static final int PAGES = 1_024;

    private CopyBench() {}

    /** Whole tables over one connection; rows per second. */
    static double alone(DebianPostgres postgres, List<String> tables, String format)
            throws SQLException, InterruptedException, ExecutionException {
        return run(
                postgres,
                tables.stream()
                        .map(table -> "COPY %s TO STDOUT (FORMAT %s)".formatted(table, format))
                        .toList(),
                1);
    }

    /** Ranges of pages in the binary format over several connections; rows per second. */
    static double sideBySide(DebianPostgres postgres, List<String> tables, int connections)
            throws SQLException, InterruptedException, ExecutionException {
        List<String> commands = new ArrayList<>();
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            for (String table : tables) {
                int pages = pages(statement, table);
                for (int from = 0; from < pages; from += PAGES) {
                    commands.add(
                            "COPY (SELECT * FROM %s WHERE ctid >= '(%d,0)' AND ctid < '(%d,0)') TO STDOUT (FORMAT binary)"
                                    .formatted(table, from, from + PAGES));
                }
            }
        }
        return run(postgres, commands, connections);
    }

    private static int pages(Statement statement, String table) throws SQLException {
        try (ResultSet row = statement.executeQuery(
                "SELECT pg_relation_size('%s') / current_setting('block_size')::int".formatted(table))) {
            row.next();
            return row.getInt(1);
        }
    }

    private static double run(DebianPostgres postgres, List<String> commands, int connections)
            throws SQLException, InterruptedException, ExecutionException {
        Queue<String> left = new ConcurrentLinkedQueue<>(commands);
        long begun = System.nanoTime();
        long rows = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
            List<Future<Long>> running = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                running.add(threads.submit(() -> copy(postgres, left)));
            }
            for (Future<Long> one : running) {
                rows += one.get();
            }
        }
        return rows / ((System.nanoTime() - begun) / 1e9);
    }

    private static long copy(DebianPostgres postgres, Queue<String> left) throws SQLException {
        long rows = 0;
        try (Connection connection = postgres.connect()) {
            for (String command = left.poll(); command != null; command = left.poll()) {
                CopyOut copy =
                        connection.unwrap(PGConnection.class).getCopyAPI().copyOut(command);
                while (copy.readFromCopy() != null) {
                    // counted by the server
                }
                rows += copy.getHandledRowCount();
            }
        }
        return rows;
    }
}
