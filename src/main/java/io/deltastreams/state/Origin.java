package io.deltastreams.state;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.TableId;

/** What the state has to know of whoever captures. Thread-safe. */
public interface Origin {

    /** Which rows stand in the log up to a token. Returns at once, connected or not. */
    Coverage coverage(ResumeToken token);

    /**
     * Asks for a table's rows to be read again. Returns once that is durable, so that every later token says so until it is done.
     *
     * @throws Unread if it is not going to be
     */
    void read(TableId table) throws Unread, InterruptedException;

    /** Whether a reading that was asked for came to its end, as far as it is known since the source began. */
    boolean wasRead(TableId table);

    /** A table is not read; the message says why. */
    final class Unread extends Exception {

        private static final long serialVersionUID = 1L;

        private final boolean later;

        /** @param later whether it may work after a while */
        public Unread(boolean later, String message) {
            super(message);
            this.later = later;
        }

        public boolean later() {
            return later;
        }
    }
}
