package io.deltastreams.feed;

import java.time.Duration;
import java.util.OptionalInt;

/** Limits that are met within a test. */
public record Quick(
        Duration heartbeat,
        Duration progress,
        Duration quiet,
        int maxSubscribers,
        Duration stallTimeout,
        OptionalInt maxPerClient)
        implements FeedConfig {

    private static final Duration LONG = Duration.ofMinutes(1);

    /** Nothing but deltas. */
    public static final Quick PATIENT = new Quick(LONG, LONG, LONG, 100, LONG, OptionalInt.empty());

    public static Quick admitting(int most, OptionalInt perClient) {
        return new Quick(LONG, LONG, LONG, most, LONG, perClient);
    }

    @Override
    public Duration retry() {
        return Duration.ofSeconds(2);
    }

    @Override
    public Duration pageAge() {
        return Duration.ofHours(1);
    }

    @Override
    public Duration errorRetry() {
        return LONG;
    }
}
