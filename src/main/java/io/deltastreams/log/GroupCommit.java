package io.deltastreams.log;

import io.deltastreams.change.Position;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes: takes whatever is queued, writes it, syncs once, completes the appends in order and wakes those who wait for
 * something new.
 */
final class GroupCommit implements Runnable {

    private static final System.Logger LOG = System.getLogger(GroupCommit.class.getName());
    private static final long GROUP_BYTES = 16L << 20;
    private static final long RETENTION_MILLIS = 1000;
    private static final long ROOM_MILLIS = 20;
    /** A shorter wait is a reader's usual distance and no news. */
    private static final long LONG_WAIT_NANOS = 1_000_000_000;

    private sealed interface Job {
        record Write(Encoder.Pending record) implements Job {}

        record Stop() implements Job {}
    }

    private record Waiter(Position position, CompletableFuture<Void> future) {}

    private final Segments segments;
    private final SegmentWriter writer;
    private final Retention retention;
    private final Tail tail;
    private final Patience patience;
    private final BlockingQueue<Job> queue = new LinkedBlockingQueue<>();
    private final List<Encoder.Pending> written = new ArrayList<>();
    private final List<Waiter> waiters = new ArrayList<>();
    private boolean stopped;
    private long writtenBytes;
    private volatile List<String> waitingFor = List.of();
    private volatile @Nullable Exception failure;

    GroupCommit(Segments segments, SegmentWriter writer, Retention retention, Tail tail, Patience patience) {
        this.segments = segments;
        this.writer = writer;
        this.retention = retention;
        this.tail = tail;
        this.patience = patience;
    }

    void submit(Encoder.Pending record) {
        queue.add(new Job.Write(record));
    }

    /** What is queued is still written; an append that waits for room fails. */
    void stop() {
        queue.add(new Job.Stop());
        patience.end();
    }

    /** The readers that hold what would have to go; empty while nothing waits for room. */
    List<String> waitingFor() {
        return waitingFor;
    }

    CompletableFuture<Void> beyond(Position position) {
        CompletableFuture<Void> future = new CompletableFuture<>();
        synchronized (waiters) {
            if (Segments.last(segments.list()).isAfter(position)) {
                future.complete(null);
            } else if (stopped) {
                future.completeExceptionally(new LogClosed());
            } else {
                waiters.add(new Waiter(position, future));
            }
        }
        return future;
    }

    @Override
    public void run() {
        boolean running = true;
        List<Job> jobs = new ArrayList<>();
        while (running) {
            Job first = take();
            if (first != null) {
                jobs.add(first);
                queue.drainTo(jobs);
                running = !jobs.contains(new Job.Stop());
                handle(jobs);
                jobs.clear();
            } else {
                handle(jobs);
            }
        }
        closeFile();
        failWaiters();
    }

    private @Nullable Job take() {
        try {
            return queue.poll(RETENTION_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the log's thread", e);
        }
    }

    /**
     * What the disk does not only refuse for now is the log's failure, for good: what is on disk behind it is unknown until the log is opened anew.
     * A close while an append waits for room is its end, too, as nothing may be written behind what was not.
     */
    private void handle(List<Job> jobs) {
        try {
            if (failure == null) {
                for (Job job : jobs) {
                    if (job instanceof Job.Write(Encoder.Pending record)) {
                        write(record);
                    }
                }
                commit();
                retention.apply();
            }
        } catch (LogClosed e) {
            failure = e;
        } catch (IOException | RuntimeException | Error e) {
            failure = new IOException("the log cannot be written any more, until it is opened anew: " + e, e);
        }
        Exception failed = failure;
        if (failed != null) {
            written.clear();
            for (Job job : jobs) {
                if (job instanceof Job.Write(Encoder.Pending record)) {
                    record.done().completeExceptionally(failed);
                }
            }
        }
    }

    private void write(Encoder.Pending record) throws IOException {
        if (record.begins().isPresent()) {
            commit();
            SegmentHeader header = record.begins().get();
            awaitRoom(header.encode().size());
            writer.begin(header);
        }
        if (!retention.makeRoom(writtenBytes + record.bytes().size())) {
            commit();
            awaitRoom(record.bytes().size());
        }
        writer.write(record);
        written.add(record);
        writtenBytes += record.bytes().size();
        if (writtenBytes >= GROUP_BYTES) {
            commit();
        }
    }

    // Invariant 5: capture waits, says so, and goes on by itself once the readers have moved.
    private void awaitRoom(long bytes) throws IOException {
        long begun = System.nanoTime();
        boolean told = false;
        try {
            while (!retention.makeRoom(bytes)) {
                waitingFor = retention.holders();
                if (!told && System.nanoTime() - begun >= LONG_WAIT_NANOS) {
                    told = true;
                    LOG.log(
                            Level.WARNING,
                            "log: the disk budget is used up; capture waits for {0} to move on",
                            waitingFor);
                }
                if (patience.await(ROOM_MILLIS) && !retention.makeRoom(bytes)) {
                    throw new LogClosed();
                }
            }
        } finally {
            waitingFor = List.of();
        }
        if (told) {
            LOG.log(Level.INFO, "log: there is room within the disk budget again; capture goes on");
        }
    }

    // Invariant 1: nothing completes before its sync.
    private void commit() throws IOException {
        if (written.isEmpty()) {
            return;
        }
        writer.sync();
        for (Encoder.Pending record : written) {
            record.entry().ifPresent(tail::add);
        }
        List<Encoder.Pending> done = List.copyOf(written);
        written.clear();
        writtenBytes = 0;
        done.forEach(record -> record.done().complete(null));
        wake();
    }

    private void wake() {
        Position last = Segments.last(segments.list());
        synchronized (waiters) {
            for (Iterator<Waiter> each = waiters.iterator(); each.hasNext(); ) {
                Waiter waiter = each.next();
                if (waiter.future.isDone()) {
                    each.remove();
                } else if (last.isAfter(waiter.position)) {
                    each.remove();
                    // A reader goes on with its own work, which must not be the writer's.
                    waiter.future.completeAsync(() -> null, GroupCommit::onItsOwnThread);
                }
            }
        }
    }

    private static void onItsOwnThread(Runnable task) {
        Thread.ofVirtual().name("log-wake").start(task);
    }

    private void failWaiters() {
        synchronized (waiters) {
            stopped = true;
            for (Waiter waiter : waiters) {
                waiter.future.completeExceptionally(new LogClosed());
            }
            waiters.clear();
        }
    }

    private void closeFile() {
        try {
            writer.close();
        } catch (IOException e) {
            // Every record that counts is synced; there is nothing left to lose.
            LOG.log(Level.WARNING, "log: closing failed", e);
        }
    }
}
