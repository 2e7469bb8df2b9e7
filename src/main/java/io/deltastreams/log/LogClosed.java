package io.deltastreams.log;

/** What whoever waits for news of a log is told when the log is closed instead. */
public final class LogClosed extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    LogClosed() {
        super("the log is closed");
    }
}
