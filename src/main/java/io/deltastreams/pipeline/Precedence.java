package io.deltastreams.pipeline;

import io.deltastreams.stream.Pacing;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Lets capture go before what competes with it for this machine: outputs that nobody requires and readers that read from disk. What capture itself
 * waits for never asks here. Thread-safe.
 */
final class Precedence implements Pacing {

    private static final Logger LOG = Logger.getLogger(Precedence.class);

    private volatile @Nullable Claim claim;

    private record Claim(String why, CompletableFuture<Void> over) {}

    /** From now on others wait. */
    void claim(String why) {
        synchronized (this) {
            if (claim != null) {
                return;
            }
            claim = new Claim(why, new CompletableFuture<>());
        }
        LOG.warnf("others=paused cause=\"%s\"", why);
    }

    void release() {
        Claim over;
        synchronized (this) {
            over = claim;
            claim = null;
        }
        if (over != null) {
            LOG.info("others=running");
            over.over().complete(null);
        }
    }

    /** Why others wait; empty while they do not. */
    Optional<String> claimed() {
        return Optional.ofNullable(claim).map(Claim::why);
    }

    @Override
    public Uni<Void> turn() {
        Claim now = claim;
        // A copy, as who no longer waits cancels what it waits for.
        return now == null
                ? Uni.createFrom().voidItem()
                : Uni.createFrom().completionStage(() -> now.over().copy());
    }
}
