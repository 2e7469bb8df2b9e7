package io.deltastreams.pipeline;

import io.deltastreams.log.LogClosed;
import io.deltastreams.pipeline.Handover.Captured;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.unchecked.Unchecked;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Outgoing;

/**
 * The channel {@code captured}: from the source's thread to the log, with demand. The log asks for the next batches when the ones before are
 * durable; while it does not ask, the {@link Handover} fills and the source waits.
 */
@ApplicationScoped
class CapturedChannel {

    private static final long HANDOVER_BYTES = 32L << 20;

    private final Handover handover = new Handover(HANDOVER_BYTES);
    private final Executor blocking;

    CapturedChannel(@Identifier(Threads.BLOCKING) Executor blocking) {
        this.blocking = blocking;
    }

    Handover handover() {
        return handover;
    }

    @Outgoing("captured")
    Multi<List<Captured>> captured() {
        return Multi.createBy()
                .repeating()
                .uni(() -> Uni.createFrom()
                        .item(Unchecked.supplier(handover::take))
                        .runSubscriptionOn(blocking))
                .indefinitely();
    }

    @Incoming("captured")
    Uni<Void> store(List<Captured> batches) {
        CompletableFuture<?>[] appends =
                batches.stream().map(CapturedChannel::append).toArray(CompletableFuture[]::new);
        return Uni.createFrom()
                .completionStage(CompletableFuture.allOf(appends))
                .eventually(handover::done);
    }

    /**
     * A log that fails has failed for good: it says so to its run, and the channel goes on for the next one. One that its run has closed is no
     * failure: what it did not take was never acknowledged, and the source gives it again.
     */
    private static CompletableFuture<Void> append(Captured captured) {
        return captured.log().append(captured.batch()).exceptionally(failure -> {
            if (!(failure instanceof LogClosed)) {
                captured.failed().accept(failure);
            }
            return null;
        });
    }
}
