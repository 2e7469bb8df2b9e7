package io.deltastreams.feed;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All live feeds of this process: how many there may be (Invariant 8), and their end when it shuts down. Thread-safe. */
@Singleton
public final class Subscribers {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final int most;
    private final AtomicInteger taken = new AtomicInteger();
    private final Set<Seat> seats = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    @Inject
    public Subscribers(FeedConfig config) {
        if (config.maxSubscribers() < 1) {
            throw new IllegalArgumentException(
                    "delta-streams.feed.max-subscribers must be 1 at least, not " + config.maxSubscribers());
        }
        this.most = config.maxSubscribers();
    }

    /** One subscriber's place, to be closed when it is gone. */
    public final class Seat implements AutoCloseable {

        private final Runnable end;
        private final CompletableFuture<Void> closed = new CompletableFuture<>();

        private Seat(Runnable end) {
            this.end = end;
        }

        @Override
        public void close() {
            if (closed.complete(null)) {
                seats.remove(this);
                taken.decrementAndGet();
            }
        }
    }

    /**
     * Takes a place.
     *
     * @param end ends the feed; called when the process shuts down, from any thread, and has to lead to the seat's close
     * @throws Refusal if there is no room, or the process is shutting down
     */
    public Seat admit(Runnable end) throws Refusal {
        if (draining) {
            throw Refusal.of(503, "the service is shutting down; try again in a moment");
        }
        if (taken.incrementAndGet() > most) {
            taken.decrementAndGet();
            throw Refusal.of(
                    503, "%d subscribers are served already, no more than that at a time; try later".formatted(most));
        }
        Seat seat = new Seat(end);
        seats.add(seat);
        if (draining) {
            end.run();
        }
        return seat;
    }

    public int count() {
        return taken.get();
    }

    /** Ends all feeds and admits no more; completes when they are gone, after a second at the latest. */
    public CompletableFuture<Void> drain() {
        draining = true;
        CompletableFuture<?>[] closed = seats.stream()
                .map(seat -> {
                    seat.end.run();
                    return seat.closed;
                })
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(closed).completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The service still serves now; by its {@code ShutdownEvent} the HTTP server has cut off what was open. */
    void onShutdown(@Observes ShutdownDelayInitiatedEvent event) {
        drain().join();
    }
}
