package io.deltastreams.sink.kafka;

import io.deltastreams.change.Position;
import io.deltastreams.sink.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A sink's cursor in the broker: a record under {@code key} in a compacted topic. It follows what the sink reached once a second at most,
 * so that small batches do not cost a second record each.
 */
final class Bookmark {

    private static final long EVERY_MILLIS = 1000;

    private final String topic;
    private final String key;
    private final Outlet outlet;
    private Position reached = Position.START;
    private Position noted = Position.START;
    private boolean underWay;

    /** Held while a record goes out, so that none follows the last. */
    private final ReentrantLock sending = new ReentrantLock();

    private boolean closed;

    Bookmark(String topic, String key, Outlet outlet) {
        this.topic = topic;
        this.key = key;
        this.outlet = outlet;
    }

    String topic() {
        return topic;
    }

    String key() {
        return key;
    }

    /** Up to where everything is acknowledged, as this instance saw it. */
    synchronized Position reached() {
        return reached;
    }

    /** Everything up to here is acknowledged. */
    synchronized void advance(Position upTo) {
        if (upTo.isAfter(reached)) {
            reached = upTo;
            note();
        }
    }

    /** Writes at once and then again after a second, for as long as there is news. */
    private synchronized void note() {
        if (underWay || !reached.isAfter(noted)) {
            return;
        }
        underWay = true;
        Thread.startVirtualThread(() -> {
            sending.lock();
            try {
                if (!closed) {
                    Position now = reached();
                    outlet.send(record(now), failure -> noted(now, failure == null));
                }
            } finally {
                sending.unlock();
            }
        });
    }

    private synchronized void noted(Position position, boolean durable) {
        if (durable && position.isAfter(noted)) {
            noted = position;
        }
        CompletableFuture.delayedExecutor(EVERY_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                .execute(this::again);
    }

    private synchronized void again() {
        underWay = false;
        note();
    }

    private ProducerRecord<byte[], byte[]> record(Position position) {
        return new Mark(position, "", 0).record(topic, key);
    }

    /** Writes for the last time what was reached, if it is not there yet, and waits for it; whether it is now. */
    boolean close() {
        sending.lock();
        try {
            closed = true;
            Position last = reached();
            if (isNoted(last)) {
                return true;
            }
            Flight flight = new Flight();
            outlet.send(record(last), flight.board(last));
            return flight.outcome() instanceof Outcome.Delivered;
        } finally {
            sending.unlock();
        }
    }

    private synchronized boolean isNoted(Position position) {
        return !position.isAfter(noted);
    }
}
