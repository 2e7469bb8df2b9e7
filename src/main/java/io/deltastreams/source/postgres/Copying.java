package io.deltastreams.source.postgres;

import io.deltastreams.change.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** Several sessions that read extents side by side, each as it gets to it. What has been read and not taken is bounded (Invariant 8). */
final class Copying implements AutoCloseable {

    /** Well below half of a region of G1's in a small heap: a larger array costs it a collection, and with a megabyte those took a third of the CPU. */
    private static final int PART = 1 << 18;

    private final List<Connection> sessions;
    private final List<Extent> extents;
    private final BlockingQueue<Result> results;
    private final AtomicInteger next = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private int running;

    private Copying(List<Connection> sessions, List<Extent> extents) {
        this.sessions = sessions;
        this.extents = extents;
        this.results = new ArrayBlockingQueue<>(sessions.size());
    }

    /** What a session's thread tells. */
    sealed interface Result {}

    /**
     * Some of an extent's rows, in order, and only whole pages of them.
     *
     * @param endPage the page behind them
     * @param last whether they are its last
     */
    record Part(Extent extent, List<Row> rows, int endPage, boolean last) implements Result {}

    record End() implements Result {}

    record Failed(Throwable why) implements Result {}

    static Copying start(List<Connection> sessions, List<Extent> extents) {
        Copying copying = new Copying(sessions, extents);
        for (Connection session : sessions) {
            copying.threads.add(Thread.ofPlatform()
                    .name("delta-streams-copy-" + copying.running)
                    .daemon()
                    .start(() -> copying.run(session)));
            copying.running++;
        }
        return copying;
    }

    private void run(Connection session) {
        try {
            for (int i = next.getAndIncrement(); i < extents.size(); i = next.getAndIncrement()) {
                copy(session, extents.get(i));
            }
            results.put(new End());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException | Error e) {
            tell(new Failed(e));
        }
    }

    private void tell(Failed failed) {
        try {
            results.put(failed);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void copy(Connection session, Extent extent) throws SQLException, InterruptedException {
        CopyRows rows = new CopyRows(extent.table(), PART);
        CopyOut copy = session.unwrap(PGConnection.class).getCopyAPI().copyOut(extent.command());
        try {
            for (byte[] data = copy.readFromCopy(); data != null; data = copy.readFromCopy()) {
                rows.add(data);
                if (rows.hasPages()) {
                    results.put(new Part(extent, rows.take(), rows.page(), false));
                }
            }
            rows.end();
        } catch (IllegalArgumentException e) {
            throw ProtocolViolation.of(extent, e);
        }
        results.put(new Part(extent, rows.rest(), extent.endPage(), true));
    }

    /**
     * Waits for the next rows; empty when there are no more.
     *
     * @throws ProtocolViolation if what the server sends does not read
     */
    Optional<Part> next() throws SQLException, InterruptedException {
        while (running > 0) {
            switch (results.take()) {
                case Part part -> {
                    return Optional.of(part);
                }
                case End _ -> running--;
                case Failed(SQLException why) -> throw why;
                case Failed(ProtocolViolation why) -> throw why;
                case Failed(Throwable why) -> throw new IllegalStateException(why);
            }
        }
        return Optional.empty();
    }

    /** Ends it at once where it has not ended. */
    @Override
    public void close() throws SQLException {
        if (running > 0) {
            for (Connection session : sessions) {
                session.abort(Runnable::run);
            }
        }
        for (Thread thread : threads) {
            thread.interrupt();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
