package io.deltastreams.feed;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All live feeds of this process: how many there may be (Invariant 8), and their end when it shuts down. Thread-safe. */
@Singleton
public final class Subscribers {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final int most;
    private final int mostPerClient;
    private final ConcurrentMap<String, Integer> perClient = new ConcurrentHashMap<>();
    private final AtomicInteger taken = new AtomicInteger();
    private final Set<Seat> seats = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    @Inject
    public Subscribers(FeedConfig config) {
        if (config.maxSubscribers() < 1) {
            throw new IllegalArgumentException(
                    "delta-streams.feed.max-subscribers must be 1 at least, not " + config.maxSubscribers());
        }
        if (config.maxPerClient().orElse(1) < 1) {
            throw new IllegalArgumentException("delta-streams.feed.max-per-client must be 1 at least, or not set, not "
                    + config.maxPerClient().getAsInt());
        }
        this.most = config.maxSubscribers();
        this.mostPerClient = config.maxPerClient().orElse(Integer.MAX_VALUE);
    }

    /** The address that a request comes from; behind a proxy its client's, where {@code quarkus.http.proxy} is told to believe it. */
    public static String client(RoutingContext http) {
        SocketAddress address = http.request().remoteAddress();
        return address == null || address.hostAddress() == null ? "" : address.hostAddress();
    }

    /** One subscriber's place, to be closed when it is gone. */
    public final class Seat implements AutoCloseable {

        private final String client;
        private final Runnable end;
        private final CompletableFuture<Void> closed = new CompletableFuture<>();

        private Seat(String client, Runnable end) {
            this.client = client;
            this.end = end;
        }

        @Override
        public void close() {
            if (closed.complete(null)) {
                seats.remove(this);
                release(client);
            }
        }
    }

    /**
     * Takes a place.
     *
     * @param client the address that it comes from
     * @param end ends the feed; called when the process shuts down, from any thread, and has to lead to the seat's close
     * @throws Refusal if there is no room, or the process is shutting down
     */
    public Seat admit(String client, Runnable end) throws Refusal {
        if (draining) {
            throw shuttingDown();
        }
        if (taken.incrementAndGet() > most) {
            taken.decrementAndGet();
            throw Refusal.of(
                    503, "%d subscribers are served already, no more than that at a time; try later".formatted(most));
        }
        if (perClient.merge(client, 1, Integer::sum) > mostPerClient) {
            release(client);
            throw Refusal.of(
                    503,
                    "%d feeds of this client are served already, no more than that at a time; try later"
                            .formatted(mostPerClient));
        }
        Seat seat = new Seat(client, end);
        seats.add(seat);
        if (draining) {
            end.run();
        }
        return seat;
    }

    private void release(String client) {
        perClient.computeIfPresent(client, (_, count) -> count == 1 ? null : count - 1);
        taken.decrementAndGet();
    }

    public int count() {
        return taken.get();
    }

    /** Whether no more are admitted, as the process shuts down. */
    boolean isDraining() {
        return draining;
    }

    /** What they are told then. */
    public static Refusal shuttingDown() {
        return Refusal.of(503, "the service is shutting down; try again in a moment");
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
