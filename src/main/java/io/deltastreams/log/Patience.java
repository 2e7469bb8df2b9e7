package io.deltastreams.log;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystemException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits while the disk refuses to take more, says so, and ends with the log. A write that is refused has changed nothing, so it is made again
 * until there is room. An fsync must not come here: what was written before may be gone after one that failed, however well the next one ends.
 */
final class Patience {

    private static final System.Logger LOG = System.getLogger(Patience.class.getName());
    private static final long PAUSE_MILLIS = 500;

    private final Retention retention;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile @Nullable String refusal;

    /** What changes nothing when it fails, or may be done twice. */
    @FunctionalInterface
    interface Attempt {
        void make() throws IOException;
    }

    /** @param retention goes on meanwhile: what it lets go makes room */
    Patience(Retention retention) {
        this.retention = retention;
    }

    /** Returns when the disk has done it. */
    void with(Attempt attempt) throws IOException {
        while (true) {
            try {
                attempt.make();
                break;
            } catch (IOException e) {
                if (!mayPass(e)) {
                    throw e;
                }
                refused(e);
            }
        }
        if (refusal != null) {
            refusal = null;
            LOG.log(Level.INFO, "log: the disk takes what is captured again");
        }
    }

    /** A full disk, a quota and a file system that is read-only have no class of their own; what has one tells of a folder that was taken away. */
    private static boolean mayPass(IOException e) {
        return e.getClass() == IOException.class || e.getClass() == FileSystemException.class;
    }

    private void refused(IOException e) throws IOException {
        if (refusal == null) {
            LOG.log(Level.WARNING, "log: the disk takes nothing more, capture waits: {0}", e.getMessage());
        }
        refusal = String.valueOf(e.getMessage());
        if (await(PAUSE_MILLIS)) {
            throw new LogClosed();
        }
        retention.apply();
    }

    /** Whether the log is closed within so much time. */
    boolean await(long millis) {
        try {
            return stopping.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the log's thread", e);
        }
    }

    /** From now on nothing is waited for. */
    void end() {
        stopping.countDown();
    }

    /** What the disk says; empty while it takes what it is given. */
    Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }
}
