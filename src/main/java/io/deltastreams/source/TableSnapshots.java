package io.deltastreams.source;

import io.deltastreams.change.TableId;
import java.util.List;

/**
 * Reads tables' present rows again, or of a table that was added later for the first time, while changes go on being captured: in chunks by key,
 * each handed over as a transaction of kind {@code SNAPSHOT} at the place in the history where it was read. A row that changed meanwhile comes as its
 * change; a row that is gone is not told, so a re-read adds and corrects, and takes nothing back. Thread-safe.
 *
 * <p>What is asked for survives a restart: it stands in the resume token.
 *
 * @see <a href="https://arxiv.org/abs/2010.12597">DBLog: A Watermark Based Change-Data-Capture Framework</a>
 */
public interface TableSnapshots {

    /** How it stands; tables that are done are listed until the source ends. */
    Status status();

    /**
     * Puts tables behind those that wait; one that waits or is being read starts over. Returns once that is durable.
     *
     * @param tables names or patterns as in the pipeline file, {@code public.orders}, {@code public.*}
     * @throws Refused if one is not captured or cannot be read in chunks, or it did not become durable; then nothing is read
     */
    void request(List<String> tables) throws Refused, InterruptedException;

    /** Reads no further chunk until {@link #resume}. Returns once that is durable. */
    void pause() throws Refused, InterruptedException;

    void resume() throws Refused, InterruptedException;

    /** Forgets all tables that wait or are being read; what was handed over stays. Returns once that is durable. */
    void cancel() throws Refused, InterruptedException;

    /**
     * @param paused whether somebody has paused it
     * @param message what is wrong and what would be right; empty while all is well
     */
    record Status(boolean paused, String message, List<Table> tables) {

        public static final Status NONE = new Status(false, "", List.of());

        public Status {
            tables = List.copyOf(tables);
        }
    }

    /**
     * @param rows read so far, with those that came as changes instead
     * @param expected by the catalog's estimate, 0 where unknown
     */
    record Table(TableId table, State state, long rows, long expected) {}

    /** Of a table that was asked for. */
    enum State {
        WAITING,
        RUNNING,
        DONE
    }

    /** Why something is refused. */
    enum Reason {
        /** What is asked for is wrong. */
        WRONG,
        /** This kind of source never can. */
        UNSUPPORTED,
        /** It may work after a while. */
        LATER
    }

    /** What is asked cannot be done; the message says why, and what would be right. */
    final class Refused extends Exception {

        private static final long serialVersionUID = 1L;

        private final Reason reason;

        public Refused(Reason reason, String message) {
            super(message);
            this.reason = reason;
        }

        public Reason reason() {
            return reason;
        }
    }
}
