package io.deltastreams.e2e;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** When each of the {@link PacedWriter}'s transactions was first seen, by one observer on a thread of its own. */
final class Arrivals {

    private static final String AFTER = "\"after\":";
    private static final String NUMBER = "\"n\":";

    private final long[] at;
    private final AtomicInteger count = new AtomicInteger();

    Arrivals(int transactions) {
        at = new long[transactions];
    }

    /** @param n a transaction's number, below zero that of a row from before */
    void saw(long n, long nanos) {
        if (n >= 0 && at[(int) n] == 0) {
            at[(int) n] = nanos;
            count.incrementAndGet();
        }
    }

    /** A delta in JSON; its number is found by its name, not parsed for: looking at it must not cost what is measured. */
    void saw(String delta, long nanos) {
        int begin = delta.indexOf(NUMBER, delta.indexOf(AFTER)) + NUMBER.length();
        int end = begin;
        while (Character.isDigit(delta.charAt(end)) || delta.charAt(end) == '-') {
            end++;
        }
        saw(Long.parseLong(delta, begin, end, 10), nanos);
    }

    /** Waits until all have been seen; their times, by transaction. */
    long[] all(String observer) {
        Awaitility.await("everything at " + observer)
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> count.get() == at.length);
        return at;
    }
}
