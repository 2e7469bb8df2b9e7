package io.deltastreams.log;

/** What whoever waits for a log is told, for news of it or for room in it, when the log is closed instead. */
public final class LogClosed extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    public LogClosed() {
        super("the log is closed");
    }
}
