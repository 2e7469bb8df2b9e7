package io.deltastreams.source;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;

/**
 * Captures changes from a database's transaction log. Its contract, which {@code ChangeSourceContract} tests over every kind:
 *
 * <ol>
 *   <li>{@link #inspect} may be called any number of times, also while {@link #run} runs; it changes nothing in the database.
 *   <li>{@link #run} is called once, on a thread that may block, and returns only after {@link #close} or by throwing. It creates what it
 *       needs in the database (slot, publication) and reuses what is there.
 *   <li>Batches are handed over by one thread, in commit order, positions strictly increasing. A transaction is handed over whole, or in
 *       consecutive parts of which the last is complete.
 *   <li>After {@code take(batch)} a restart with that batch's token continues so that nothing behind it is missing. What stands
 *       before it may come again with the same positions; the log drops it.
 *   <li>Without a token a snapshot of every captured table comes first (unless configured not to), as transactions of kind {@code
 *       SNAPSHOT}; then every transaction that the snapshot did not see. A snapshot that did not finish goes on where it was (a
 *       row that was written in between may then be inserted twice, or change or go without having come, and in the end is right), or starts again in the next epoch behind a
 *       {@code Truncate} of each table that had been read.
 *   <li>The database is told to free its log only up to {@link Intake#durable()} (Invariant 1); an idle database's log is freed too.
 *   <li>One that a single instance may capture tells {@link Intake#alone} before it changes anything but claims the database's log for itself, and
 *       fails with {@code TAKEN} where another instance has it. With nothing in the log, and outputs that have everything before, it may go on
 *       where the database's memory begins instead of reading the tables.
 *   <li>Schema versions continue those of {@link Resume#schemas}; a change refers to the schema it was captured under.
 *   <li>A column value is of the class that its {@code Type} names; a value that was not sent is {@code Row.ABSENT}, never null.
 *   <li>{@link #close} may be called from any thread, more than once, before, during or after {@link #run}; afterwards nothing of the
 *       source runs any more.
 * </ol>
 */
public interface ChangeSource extends AutoCloseable {

    /**
     * Looks at the database: checks what a user can mend and describes the tables that would be captured.
     *
     * @throws SourceFailure with the remedy, if capture cannot work
     */
    Inventory inspect() throws SourceFailure, InterruptedException;

    /**
     * Captures from {@code resume} on.
     *
     * @throws SourceFailure if it cannot go on; a {@code TRANSIENT} one is followed by a new source that starts at the log's end
     */
    void run(Resume resume, Intake intake) throws SourceFailure, InterruptedException;

    /**
     * Where the source's log ends now, for a run that is to have an end. May be called while {@link #run} runs.
     *
     * @throws SourceFailure if it cannot be asked now, or this kind of source has no end
     */
    default End end() throws SourceFailure, InterruptedException {
        throw new SourceFailure(
                SourceFailure.Kind.PERMANENT, "this source tells no end of its log", "run it without --until", null);
    }

    /** Where a source's log ended at a moment. */
    interface End {

        /** Whether everything up to there has come, rows that were to be read included, once the log holds this token. */
        boolean isReached(ResumeToken token);

        /** Whether the source keeps nothing any more that stands before it. */
        default boolean isAcknowledged() throws SourceFailure {
            return true;
        }
    }

    /**
     * Which rows stand in the history that was handed over up to a token of this kind's. Returns at once, also of a source that never ran.
     */
    default Coverage coverage(ResumeToken token) {
        return Coverage.WHOLE;
    }

    /**
     * How tables are read again while {@link #run} captures.
     *
     * @throws Refused if this kind of source cannot, or does not capture yet
     */
    default TableSnapshots snapshots() throws Refused {
        throw new Refused(Reason.UNSUPPORTED, "this source cannot read tables again while it captures");
    }

    @Override
    void close();

    /** Makes sources of one kind; a CDI bean with {@code @Identifier("postgresql")}, the key below {@code source:} in the pipeline file. */
    interface Factory {

        /** Reads the kind's section; whatever is wrong there goes into the settings' problems. Opens nothing yet. */
        ChangeSource create(Settings settings);

        /** Whether only one instance at a time may capture; its {@link ChangeSource#run} then tells {@link Intake#alone}. */
        default boolean isExclusive() {
            return false;
        }

        /** Whether what such a source gave can be had from it again, so that a log of it does not need the disk to be safe. */
        default boolean keepsHistory() {
            return false;
        }
    }
}
