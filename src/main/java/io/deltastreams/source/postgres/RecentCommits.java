package io.deltastreams.source.postgres;

/**
 * The transactions whose commits have come last, so that one can be told that has come although a snapshot does not see it yet: the server writes a commit
 * to its log, sends it to us, and only then shows it to others; with synchronous replication that may take a while. Thread-safe.
 */
final class RecentCommits {

    /** Far more than sessions that wait for their commit to be confirmed. */
    private static final int MOST = 1 << 16;

    private final int[] xids = new int[MOST];
    private long count;

    synchronized void add(int xid) {
        xids[(int) (count++ % MOST)] = xid;
    }

    /** How many have come. */
    synchronized long count() {
        return count;
    }

    /** Whether the last that had come when so many had are all seen. */
    synchronized boolean areSeen(VisibleTransactions visible, long when) {
        for (long at = Math.max(0, count - MOST); at < when; at++) {
            if (!visible.sees(xids[(int) (at % MOST)])) {
                return false;
            }
        }
        return true;
    }
}
