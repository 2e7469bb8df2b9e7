package io.deltastreams.log;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.SchemaHistory;
import io.deltastreams.change.TableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The log as segment files in one folder; how they look inside says {@code FORMAT.md}. */
final class SegmentedLog implements ChangeLog {

    private static final long TAIL_BYTES = 16L << 20;

    private final Lock lock;
    private final Segments segments;
    private final Tail tail;
    private final Retention retention;
    private final GroupCommit commits;
    private final Patience patience;
    private final Encoder encoder;
    private final Thread thread;
    private boolean closed;

    private SegmentedLog(LogSettings settings, Lock lock, List<Segment> found) throws IOException {
        this.lock = lock;
        segments = new Segments(found);
        tail = new Tail(Segments.last(found), TAIL_BYTES);
        retention = new Retention(settings, segments);
        encoder = new Encoder(settings, found);
        patience = new Patience(retention);
        commits = new GroupCommit(segments, new SegmentWriter(settings, segments, patience), retention, tail, patience);
        thread = Thread.ofPlatform().daemon().name("log-writer").unstarted(commits);
    }

    static SegmentedLog open(LogSettings settings) throws IOException {
        Files.createDirectories(settings.path());
        Lock lock = Lock.take(settings.path());
        try {
            SegmentedLog log = new SegmentedLog(settings, lock, new Recovery(settings.path()).segments());
            log.thread.start();
            return log;
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    @Override
    public synchronized CompletableFuture<Void> append(Batch batch) {
        if (closed) {
            return CompletableFuture.failedFuture(new LogClosed());
        }
        Encoder.Pending record = encoder.encode(batch);
        commits.submit(record);
        return record.done();
    }

    @Override
    public synchronized void begin(Position position) {
        if (segments.list().isEmpty()) {
            encoder.begin(position);
        }
    }

    static void discard(LogSettings settings) throws IOException {
        Files.createDirectories(settings.path());
        try (Lock _ = Lock.take(settings.path())) {
            for (Segment segment : new Recovery(settings.path()).segments()) {
                Files.deleteIfExists(segment.indexFile());
                Files.deleteIfExists(segment.file());
            }
        }
    }

    @Override
    public Optional<ResumeToken> resumeToken() {
        List<Segment> list = segments.list();
        return list.isEmpty() ? Optional.empty() : list.getLast().token();
    }

    @Override
    public List<Schema> schemas() {
        List<Segment> list = segments.list();
        return list.isEmpty() ? List.of() : new SchemaHistory(list.getLast().dictionary()).all();
    }

    @Override
    public Optional<Position> last() {
        Position last = Segments.last(segments.list());
        return last.equals(Position.START) ? Optional.empty() : Optional.of(last);
    }

    @Override
    public Position removedUpTo() {
        return Segments.removedUpTo(segments.list());
    }

    @Override
    public Slice read(Position after, Predicate<TableId> tables, long maxBytes) throws IOException {
        while (true) {
            List<Segment> now = segments.list();
            Position missing = Segments.missingUpTo(now, after);
            if (missing.isAfter(after)) {
                return new Slice.Gap(after, missing);
            }
            Optional<Slice.Changes> recent = tail.read(after, tables, maxBytes);
            if (recent.isPresent()) {
                return recent.get();
            }
            try {
                return fromDisk(now, after, tables, maxBytes);
            } catch (NoSuchFileException e) {
                refuseUnlessRemoved(now, e);
            }
        }
    }

    @Override
    public boolean isNear(Position after, long bytes) {
        return tail.isNear(after, bytes);
    }

    private static Slice fromDisk(List<Segment> list, Position after, Predicate<TableId> tables, long maxBytes)
            throws IOException {
        for (Segment segment : list) {
            if (segment.last().isAfter(after)) {
                return SegmentReader.read(segment, after, tables, maxBytes);
            }
        }
        return new Slice.Changes(after);
    }

    /** A file that retention took away in between is no failure: the next look finds the gap. */
    private void refuseUnlessRemoved(List<Segment> seen, NoSuchFileException missing) throws NoSuchFileException {
        if (segments.list().equals(seen)) {
            throw missing;
        }
    }

    @Override
    public CompletableFuture<Void> beyond(Position position) {
        return commits.beyond(position);
    }

    @Override
    public Position before(Instant time) throws IOException {
        while (true) {
            List<Segment> now = segments.list();
            try {
                for (Segment segment : now) {
                    if (segment.newest()
                            .filter(newest -> !newest.isBefore(time))
                            .isPresent()) {
                        return SegmentReader.before(segment, time);
                    }
                }
                return Segments.last(now);
            } catch (NoSuchFileException e) {
                refuseUnlessRemoved(now, e);
            }
        }
    }

    @Override
    public Pin pin(String reader, Supplier<Position> position) {
        return retention.pin(reader, position);
    }

    @Override
    public LogStatus status() {
        List<Segment> list = segments.list();
        return new LogStatus(segments.bytes(), list.size(), commits.waitingFor(), patience.refusal());
    }

    @Override
    public void close() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                encoder.end().ifPresent(commits::submit);
                commits.stop();
            }
        }
        awaitWriter();
        try {
            lock.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the log's lock cannot be released", e);
        }
    }

    /** Interrupted or not: what is queued is to be on disk, and the lock must not go before. */
    private void awaitWriter() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
