package io.deltastreams.postgres;

import io.deltastreams.settings.Settings;
import io.deltastreams.source.Intake.RetainedLog;
import java.util.OptionalLong;

/**
 * How much log the server may keep for our slot, the section {@code wal_budget}, and what is done when that is passed. A slot that is not read fills
 * the server's disk.
 *
 * @param bytes 0 for any number
 */
public record WalBudget(long bytes, Action action) {

    private static final long MEGABYTE = 1L << 20;

    /** What is done at the limit. */
    public enum Action {
        /** Told in the log, in health and on the page. */
        WARN,
        /** Told, and what competes with capture for this machine waits until it is less again. */
        PAUSE_OTHERS,
        /** Told, then the slot is dropped, so that the server is free at once; a new epoch begins with a snapshot. */
        RESNAPSHOT
    }

    static WalBudget read(Settings settings) {
        return new WalBudget(settings.size("size", 0), settings.choice("action", Action.WARN));
    }

    /** What to tell, with a warning where the budget is passed or the server is about to remove what we have not read. */
    public RetainedLog judge(Catalog.Retained retained) {
        OptionalLong budget = bytes > 0 ? OptionalLong.of(bytes) : OptionalLong.empty();
        return new RetainedLog(retained.bytes(), budget, retained.left(), warning(retained), isUrgent(retained));
    }

    /** A transaction that runs for long makes the server keep log that capture has read already, and then no haste helps. */
    private boolean isUrgent(Catalog.Retained retained) {
        return action == Action.PAUSE_OTHERS && isPassed(retained) && 2 * retained.unread() > bytes;
    }

    private String warning(Catalog.Retained retained) {
        if (retained.status().equals("unreserved")) {
            return ("the server is about to remove log that has not been read: raise max_slot_wal_keep_size, or make capture faster"
                            + " (%d MB are kept)")
                    .formatted(retained.bytes() / MEGABYTE);
        }
        if (isPassed(retained)) {
            return "the server keeps %d MB of its log for us, more than the wal_budget of %d MB: see what capture waits for"
                    .formatted(retained.bytes() / MEGABYTE, bytes / MEGABYTE);
        }
        return "";
    }

    public boolean isPassed(Catalog.Retained retained) {
        return bytes > 0 && retained.bytes() > bytes;
    }
}
