package io.deltastreams.source;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** Keeps all that it is given, as the log would: what is not behind its end is a duplicate and dropped. */
public final class RecordingIntake implements Intake {

    private final List<Batch> batches = new ArrayList<>();
    private final List<Transaction> log = new ArrayList<>();
    private final List<Batch> duplicates = new ArrayList<>();
    private final Semaphore room = new Semaphore(Integer.MAX_VALUE);
    private Optional<Throwable> end = Optional.empty();
    private Optional<Position> durable = Optional.empty();
    private boolean everythingIsDurable = true;
    private Optional<RetainedLog> retained = Optional.empty();
    private Earlier earlier = Earlier.NOTHING;
    private SnapshotProgress progress = new SnapshotProgress(0, 0, false);

    @Override
    public void take(Batch batch) throws InterruptedException {
        room.acquire();
        synchronized (this) {
            batches.add(batch);
            for (Transaction transaction : batch.transactions()) {
                Optional<Position> last = lastInLog();
                if (last.isEmpty() || transaction.first().isAfter(last.get())) {
                    log.add(transaction);
                } else if (!transaction.last().isAfter(last.get())) {
                    duplicates.add(batch);
                } else {
                    throw new AssertionError(
                            "%s to %s laps over %s".formatted(transaction.first(), transaction.last(), last.get()));
                }
            }
            if (everythingIsDurable) {
                durable = lastInLog();
            }
        }
    }

    private Optional<Position> lastInLog() {
        return log.isEmpty() ? Optional.empty() : Optional.of(log.getLast().last());
    }

    @Override
    public synchronized Optional<Position> durable() {
        return durable;
    }

    @Override
    public synchronized Optional<ResumeToken> kept() {
        return batches.stream()
                .takeWhile(batch -> everythingIsDurable
                        || batch.last()
                                .map(last -> durable.isPresent() && !last.isAfter(durable.get()))
                                .orElse(true))
                .reduce((_, later) -> later)
                .map(Batch::resume);
    }

    @Override
    public synchronized void retained(RetainedLog told) {
        retained = Optional.of(told);
    }

    /** From now on outputs have this from before. */
    public synchronized void outputsHave(Earlier told) {
        earlier = told;
    }

    @Override
    public synchronized Earlier alone() {
        return earlier;
    }

    /** What the source told last of the log that the server keeps. */
    public synchronized Optional<RetainedLog> retained() {
        return retained;
    }

    @Override
    public synchronized void progress(SnapshotProgress told) {
        progress = told;
    }

    public synchronized SnapshotProgress progress() {
        return progress;
    }

    /** From now on only {@link #durableUpTo} moves what is durable. */
    public synchronized void nothingMoreIsDurable() {
        everythingIsDurable = false;
    }

    public synchronized void everythingIsDurable() {
        everythingIsDurable = true;
    }

    public synchronized void durableUpTo(Position position) {
        durable = Optional.of(position);
    }

    /** Takes only so many batches more, then waits. */
    public void roomFor(int more) {
        room.drainPermits();
        room.release(more);
    }

    public synchronized List<Batch> batches() {
        return List.copyOf(batches);
    }

    public synchronized List<Transaction> log() {
        return List.copyOf(log);
    }

    public synchronized List<Batch> duplicates() {
        return List.copyOf(duplicates);
    }

    public List<Change> changes() {
        return log().stream()
                .flatMap(transaction -> transaction.changes().stream())
                .toList();
    }

    public List<Change> changes(String table) {
        return changes().stream()
                .filter(change -> change.schema().relation().text().equals(table))
                .toList();
    }

    /** Where to go on, as a restart finds it in the log. */
    public synchronized Resume resume() {
        Map<TableId, Schema> schemas = new HashMap<>();
        for (Change change : changes()) {
            if (change.schema().relation() instanceof TableId table) {
                schemas.put(table, change.schema());
            }
        }
        return new Resume(
                batches.isEmpty()
                        ? Optional.empty()
                        : Optional.of(batches.getLast().resume()),
                lastInLog(),
                List.copyOf(schemas.values()));
    }

    synchronized void begun() {
        end = Optional.empty();
    }

    /** The source has ended with this: whoever waits for more waits in vain. */
    synchronized void ended(Throwable why) {
        end = Optional.of(why);
    }

    private void await(BooleanSupplier condition) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(20))
                .failFast("the source has failed", () -> {
                    Optional<Throwable> why = failure();
                    if (why.isPresent()) {
                        throw new AssertionError("the source has failed", why.get());
                    }
                })
                .until(condition::getAsBoolean);
    }

    private synchronized Optional<Throwable> failure() {
        return end;
    }

    public void awaitLog(Predicate<List<Transaction>> condition) {
        await(() -> condition.test(log()));
    }

    public void awaitBatches(int count) {
        await(() -> batches().size() >= count);
    }

    public void awaitChanges(String table, int count) {
        await(() -> changes(table).size() >= count);
    }
}
