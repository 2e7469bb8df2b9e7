package io.deltastreams.source;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** The one run of a source that ends by an interrupt: which thread runs it, whether it is to end, and whether it has. Thread-safe. */
public final class OneRun {

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private @Nullable Thread runner;

    /** The calling thread runs from now on, and tells its {@link #end}; false where it was closed before. */
    public synchronized boolean begin() {
        if (!closed) {
            runner = Thread.currentThread();
        }
        return !closed;
    }

    /** Nothing of it runs any more. */
    public void end() {
        ended.countDown();
    }

    /** Whether it is to end: what fails then is no failure. */
    public boolean isClosed() {
        return closed;
    }

    /** Interrupts the thread that runs and waits for its end. */
    public void close() {
        synchronized (this) {
            closed = true;
            if (runner == null || ended.getCount() == 0) {
                return;
            }
            runner.interrupt();
        }
        try {
            ended.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
