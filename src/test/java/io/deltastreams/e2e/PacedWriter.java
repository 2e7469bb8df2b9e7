package io.deltastreams.e2e;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Small transactions by a schedule that does not wait for them: transaction n is due n intervals behind the beginning, whatever became of those
 * before it, so that a stall shows in all that were due meanwhile. Its number stands in its row, by which whoever sees the row finds its times.
 *
 * <p>Every other transaction inserts a row, the rest update one of those that {@link #prepare} has written.
 */
final class PacedWriter {

    /** That are there before. */
    static final int ROWS = 10_000;

    /** By transaction, in nanoseconds of {@link System#nanoTime}. */
    private final long[] due;

    private final long[] sent;
    private final long[] committed;
    private final AtomicInteger next = new AtomicInteger();

    PacedWriter(int transactions) {
        due = new long[transactions];
        sent = new long[transactions];
        committed = new long[transactions];
    }

    static void prepare(DebianPostgres postgres) throws SQLException {
        postgres.execute(
                "CREATE TABLE bench (id bigint PRIMARY KEY, n int, note text)",
                "CREATE PUBLICATION delta_streams FOR TABLE bench",
                "INSERT INTO bench SELECT id, -1, 'a note of some length, number ' || id FROM generate_series(0, %d) id"
                        .formatted(ROWS - 1));
    }

    /** Runs all of them, over so many connections. */
    void run(DebianPostgres postgres, int connections, int perSecond)
            throws SQLException, InterruptedException, ExecutionException {
        List<Connection> open = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(connections)) {
            for (int i = 0; i < connections; i++) {
                open.add(postgres.connect());
            }
            long begin = System.nanoTime() + 10_000_000;
            for (int n = 0; n < due.length; n++) {
                due[n] = begin + n * 1_000_000_000L / perSecond;
            }
            List<Future<?>> running = new ArrayList<>();
            for (Connection connection : open) {
                running.add(threads.submit(() -> {
                    write(connection);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            for (Connection connection : open) {
                connection.close();
            }
        }
    }

    private void write(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO bench (n, id, note) VALUES (?, ? + 1000000, 'a note of some length')");
                PreparedStatement update =
                        connection.prepareStatement("UPDATE bench SET n = ? WHERE id = ? %% %d".formatted(ROWS))) {
            for (int n = next.getAndIncrement(); n < due.length; n = next.getAndIncrement()) {
                PreparedStatement statement = n % 2 == 0 ? insert : update;
                statement.setInt(1, n);
                statement.setLong(2, n);
                for (long left = due[n] - System.nanoTime(); left > 0; left = due[n] - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                statement.executeUpdate();
                sent[n] = System.nanoTime();
                connection.commit();
                committed[n] = System.nanoTime();
            }
        }
    }

    /** Transactions per second from the first commit to the last, without those before {@code from}. */
    double rate(int from) {
        long last = 0;
        for (long at : committed) {
            last = Math.max(last, at);
        }
        return (due.length - from) / ((last - due[from]) / 1e9);
    }

    /** From when a transaction was due to when its COMMIT was sent: how far the writer was behind its schedule. */
    Latencies behind(int from) {
        return between(due, sent, from);
    }

    /** From sending COMMIT to its answer: the server's own sync of its log. */
    Latencies commits(int from) {
        return between(sent, committed, from);
    }

    /** From sending COMMIT to the event. */
    Latencies sinceSent(long[] seen, int from) {
        return between(sent, seen, from);
    }

    /** From the answer to COMMIT to the event; below zero where the event overtook the answer. */
    Latencies sinceAnswered(long[] seen, int from) {
        return between(committed, seen, from);
    }

    private static Latencies between(long[] begin, long[] end, int from) {
        double[] millis = new double[begin.length - from];
        for (int n = from; n < begin.length; n++) {
            millis[n - from] = (end[n] - begin[n]) / 1e6;
        }
        return new Latencies(millis);
    }
}
