package io.deltastreams.pipeline;

import io.deltastreams.change.Batch;
import io.deltastreams.log.ChangeLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Between the source's thread and the log: a queue bounded in bytes. A full one makes the source wait; whoever takes gets all that is there up
 * to a limit, so that one sync of the disk serves many small batches (Invariant 8).
 */
final class Handover {

    /**
     * A batch on its way into a log.
     *
     * @param failed told when the log cannot take it
     */
    record Captured(Batch batch, ChangeLog log, Consumer<Throwable> failed) {}

    private final long limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Captured> batches = new ArrayDeque<>();
    private long bytes;
    private int underWay;

    /** @param limit bytes ({@link Batch#weight()}) above which {@link #put} waits */
    Handover(long limit) {
        this.limit = limit;
    }

    /** Adds a batch; waits while the queue is full. A single batch above the limit passes alone. */
    void put(Captured captured) throws InterruptedException {
        long weight = captured.batch().weight();
        lock.lockInterruptibly();
        try {
            while (!batches.isEmpty() && bytes + weight > limit) {
                changed.await();
            }
            batches.add(captured);
            bytes += weight;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for one batch and gives all that are there; they count as under way until {@link #done}. */
    List<Captured> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (batches.isEmpty()) {
                changed.await();
            }
            List<Captured> taken = new ArrayList<>(batches);
            batches.clear();
            bytes = 0;
            underWay++;
            changed.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** What one {@link #take} gave is in the log. */
    void done() {
        lock.lock();
        try {
            underWay--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything put is in the log; false if that takes longer. */
    boolean awaitIdle(long timeout, TimeUnit unit) throws InterruptedException {
        long left = unit.toNanos(timeout);
        lock.lockInterruptibly();
        try {
            while (!batches.isEmpty() || underWay > 0) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
