package io.deltastreams.feed;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogClosed;
import io.deltastreams.log.LogStatus;
import io.deltastreams.log.Slice;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A log in memory whose history can be cut and whose reads can be made to fail. */
public final class MemoryLog implements ChangeLog {

    private record Waiting(Position position, CompletableFuture<Void> arrived) {}

    private final List<Transaction> transactions = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private Position last = Position.START;
    private Position removedUpTo = Position.START;
    private @Nullable ResumeToken token;
    private boolean broken;

    @Override
    public CompletableFuture<Void> append(Batch batch) {
        List<Waiting> arrived;
        synchronized (this) {
            transactions.addAll(batch.transactions());
            last = batch.last().orElse(last);
            token = batch.resume();
            arrived = waiting.stream().filter(one -> last.isAfter(one.position)).toList();
            waiting.removeAll(arrived);
        }
        arrived.forEach(one -> one.arrived.complete(null));
        return CompletableFuture.completedFuture(null);
    }

    public synchronized void cut(Position upTo) {
        transactions.removeIf(transaction -> !transaction.last().isAfter(upTo));
        removedUpTo = upTo;
    }

    public synchronized void breakDown() {
        broken = true;
    }

    @Override
    public synchronized void begin(Position position) {
        if (token == null) {
            last = position;
            removedUpTo = position;
        }
    }

    @Override
    public synchronized Optional<ResumeToken> resumeToken() {
        return Optional.ofNullable(token);
    }

    @Override
    public List<Schema> schemas() {
        return List.of();
    }

    @Override
    public synchronized Optional<Position> last() {
        return last.equals(Position.START) ? Optional.empty() : Optional.of(last);
    }

    @Override
    public synchronized Position removedUpTo() {
        return removedUpTo;
    }

    @Override
    public synchronized Slice read(Position after, Predicate<TableId> tables, long maxBytes) {
        if (broken) {
            throw new IllegalStateException("the disk is gone");
        }
        if (removedUpTo.isAfter(after)) {
            return new Slice.Gap(after, removedUpTo);
        }
        List<Transaction> found = new ArrayList<>();
        Position upTo = after;
        Optional<Instant> committedAt = Optional.empty();
        long bytes = 0;
        boolean whole = true;
        for (Transaction transaction : transactions) {
            List<Change> behind = transaction.changes().stream()
                    .filter(change -> change.position().isAfter(after))
                    .toList();
            if (behind.isEmpty()) {
                continue;
            }
            upTo = transaction.last();
            whole = transaction.complete();
            committedAt = Optional.of(transaction.committedAt());
            List<Change> wanted = behind.stream()
                    .filter(change -> tables.test((TableId) change.schema().relation()))
                    .toList();
            if (!wanted.isEmpty()) {
                Transaction part = new Transaction(
                        transaction.id(),
                        transaction.kind(),
                        transaction.committedAt(),
                        wanted,
                        transaction.complete());
                found.add(part);
                bytes += new Batch(List.of(part), new ResumeToken("t")).weight();
            }
            if (bytes >= maxBytes) {
                break;
            }
        }
        return new Slice.Changes(found, upTo, whole, committedAt);
    }

    @Override
    public boolean isNear(Position after, long bytes) {
        return true;
    }

    @Override
    public synchronized CompletableFuture<Void> beyond(Position position) {
        CompletableFuture<Void> arrived = new CompletableFuture<>();
        if (last.isAfter(position)) {
            arrived.complete(null);
        } else {
            waiting.add(new Waiting(position, arrived));
        }
        return arrived;
    }

    @Override
    public synchronized Position before(Instant time) {
        Position before = Position.START;
        for (Transaction transaction : transactions) {
            if (!transaction.committedAt().isBefore(time)) {
                break;
            }
            before = transaction.last();
        }
        return before;
    }

    @Override
    public Pin pin(String reader, Supplier<Position> position) {
        return () -> {};
    }

    @Override
    public LogStatus status() {
        return new LogStatus(0, 0, List.of(), Optional.empty());
    }

    /** Whether somebody waits for what comes next. */
    public synchronized boolean isWaitedFor() {
        return waiting.stream().anyMatch(one -> !one.arrived.isDone());
    }

    @Override
    public synchronized void close() {
        waiting.forEach(one -> one.arrived.completeExceptionally(new LogClosed()));
        waiting.clear();
    }
}
