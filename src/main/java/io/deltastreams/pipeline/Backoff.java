package io.deltastreams.pipeline;

import java.time.Duration;

/** How long to wait before something is tried again: each time twice as long, up to a limit. Of one thread. */
final class Backoff {

    private final Duration first;
    private final Duration longest;
    private Duration next;

    Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        this.next = first;
    }

    /** The pause before the next attempt. */
    Duration next() {
        Duration pause = next;
        Duration twice = next.multipliedBy(2);
        next = twice.compareTo(longest) > 0 ? longest : twice;
        return pause;
    }

    /** It works again. */
    void reset() {
        next = first;
    }
}
