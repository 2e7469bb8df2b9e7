package io.deltastreams.feed.sse;

import io.deltastreams.feed.FeedConfig;
import java.time.Duration;

/** Limits that are met within a test. */
record Quick(Duration heartbeat, Duration progress, int maxSubscribers, Duration stallTimeout) implements FeedConfig {

    private static final Duration LONG = Duration.ofMinutes(1);

    /** Nothing but deltas. */
    static final Quick PATIENT = new Quick(LONG, LONG, 100, LONG);

    @Override
    public Duration retry() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Duration errorRetry() {
        return LONG;
    }
}
