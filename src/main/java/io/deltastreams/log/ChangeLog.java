package io.deltastreams.log;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The durable, totally ordered record of changes. One writer appends, any number of readers read, each at its own position.
 *
 * <ol>
 *   <li>Batches are kept in the order of the calls to {@link #append}; its future completes once the batch is on disk and synced (with the
 *       batches around it: group commit), in order. A log declared ephemeral does not sync.
 *   <li>Positions strictly increase. A transaction, or the head of one, that is not behind the log's end is a duplicate of a restarted
 *       source and is dropped; its batch's token still counts (Invariant 2).
 *   <li>Readers see only what is durable, and of a batch all or nothing.
 *   <li>Opening cuts a torn tail and nothing else; damage before the tail fails with the file and the offset.
 *   <li>Retention never removes what a pinned position still needs, unless the disk budget is set to win; readers of what was removed get a
 *       gap (Invariant 6).
 *   <li>At the disk budget, and while the disk takes nothing more, {@link #append} completes only after room is there again: nothing fails, the
 *       source waits (Invariant 5). A batch that is larger than the whole budget passes once it is alone.
 * </ol>
 */
public interface ChangeLog extends AutoCloseable {

    /**
     * Opens the log in the settings' folder, which is made if absent.
     *
     * @throws DamagedLog if something before the torn tail does not read as it was written
     * @throws IOException if the folder cannot be used, or another process uses it
     */
    static ChangeLog open(LogSettings settings) throws IOException {
        return SegmentedLog.open(settings);
    }

    /**
     * Appends; fails only when a sync does or the folder is gone, and then for good, or with {@link LogClosed} when the log is closed before there is
     * room. Returns at once; the caller bounds what is under way.
     *
     * @return completes on the log's own thread, so what depends on it must not block
     * @throws IllegalArgumentException if a row does not fit its schema; nothing of the batch is appended then
     */
    CompletableFuture<Void> append(Batch batch);

    /**
     * Has an empty log begin behind a position, as if what was before had been removed: readers that come from before it get a gap, readers at
     * it get none, and what comes up to it is a duplicate. Of a log that holds something, nothing changes.
     */
    void begin(Position position);

    /** Removes what is in the settings' folder, of which nothing is needed any more. */
    static void discard(LogSettings settings) throws IOException {
        SegmentedLog.discard(settings);
    }

    /** The token of the last durable batch. */
    Optional<ResumeToken> resumeToken();

    /** The latest schema of every table in the log. */
    List<Schema> schemas();

    /** The last durable position. */
    Optional<Position> last();

    /** The position up to which retention has removed everything; {@link Position#START} while nothing is gone. */
    Position removedUpTo();

    /**
     * Reads what stands behind {@code after}, in memory when it was appended just now, else from disk (blocks). A result may be empty and
     * yet have moved on, past other tables' changes: only where {@code upTo} is {@code after} is there nothing more for now. A position that the
     * log has not reached is no error: nothing is read until something stands behind it. One of an older epoch stands before every
     * later epoch. One of the log's first epoch that lies before its first change comes from another log, which began earlier, and gets a gap.
     *
     * <p>A transaction whose changes are partly left out keeps its {@code complete}; of one in parts whose last part holds nothing wanted,
     * no complete part comes.
     *
     * @param tables the tables that matter; batches without one are skipped undecoded, and other tables' changes are left out
     * @param maxBytes a soft limit for the weight of the result; at least one batch is read
     */
    Slice read(Position after, Predicate<TableId> tables, long maxBytes) throws IOException;

    /** Whether all that stands behind {@code after} was appended just now, so that it is read without the disk, and weighs so much at most. */
    boolean isNear(Position after, long bytes);

    /**
     * Completes once something durable stands behind {@code position}; at once if it does already. Fails with {@link LogClosed} when the log is
     * closed first. Whoever no longer waits cancels it.
     */
    CompletableFuture<Void> beyond(Position position);

    /**
     * The last position before the first transaction that was committed at {@code time} or later, by the source's clock: whoever reads after
     * it sees everything since.
     */
    Position before(Instant time) throws IOException;

    /**
     * Keeps retention from removing what stands behind a reader's position.
     *
     * @param reader its name, for the message about a cut
     * @param position asked on the log's own thread whenever something might go, so it returns at once; failing means that all is needed
     * @return to be closed when the reader is gone
     */
    Pin pin(String reader, Supplier<Position> position);

    LogStatus status();

    @Override
    void close();

    /** A reader's hold on the log. */
    interface Pin extends AutoCloseable {
        @Override
        void close();
    }
}
