package io.deltastreams.sink.kafka;

import io.deltastreams.change.Delta;
import io.deltastreams.sink.Deltas;
import java.time.Duration;
import java.time.Instant;

/** What an output is optimized for, as {@code optimize} declares. */
enum Pace {
    /** Everything leaves at once, however little it is. */
    LATENCY,
    /** Whatever more is at hand goes along. */
    THROUGHPUT,
    /** The first for what was committed just now, the second for what is late already. */
    AUTO;

    private static final Duration LATE = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMillis(200);
    private static final long MUCH = 16 << 20;

    /** Whether a batch's last records are not to wait for others to fill a request. */
    boolean hurries(Deltas batch) {
        return switch (this) {
            case LATENCY -> true;
            case THROUGHPUT -> !batch.more();
            case AUTO -> !batch.deltas().isEmpty() && isFresh(batch.deltas().getLast());
        };
    }

    /**
     * Whether a transaction is to wait for the next batch.
     *
     * @param age for how long it has been open
     * @param bytes that it has already
     */
    boolean gathers(Deltas batch, Duration age, long bytes) {
        return batch.more() && !hurries(batch) && age.compareTo(LONG) < 0 && bytes < MUCH;
    }

    private static boolean isFresh(Delta delta) {
        return delta.committedAt().isAfter(Instant.now().minus(LATE));
    }
}
