package io.deltastreams.sink.kafka;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * The way into the channel {@code kafka}, shared by all streams. At most {@link #WINDOW} bytes are under way at a time; who wants to send
 * more waits (Invariant 8). The window lies below the producer's own buffer, so that its sending thread never blocks on a full one.
 */
final class Outlet {

    /** Half of {@code buffer.memory}. */
    private static final int WINDOW = 16 << 20;

    /** About what one record costs in objects on its way, beside its bytes. */
    private static final int OVERHEAD = 500;

    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

    private final Emitter<ProducerRecord<byte[], byte[]>> channel;
    private final Semaphore window = new Semaphore(WINDOW, true);

    Outlet(Emitter<ProducerRecord<byte[], byte[]>> channel) {
        this.channel = channel;
    }

    /**
     * Sends a record behind those that this thread sent before; waits while the window is full.
     *
     * @param landed told once, on another thread: null when all replicas in sync have it, otherwise why not
     */
    void send(ProducerRecord<byte[], byte[]> record, Consumer<@Nullable Throwable> landed) {
        int size = Math.min(WINDOW, OVERHEAD + length(record.key()) + length(record.value()));
        window.acquireUninterruptibly(size);
        // Both stages complete normally: the connector ends the channel for all streams when one fails.
        Message<ProducerRecord<byte[], byte[]>> message = Message.of(
                record, Metadata.empty(), () -> settled(size, landed, null), failure -> settled(size, landed, failure));
        try {
            channel.send(message);
        } catch (IllegalStateException e) {
            settled(size, landed, e);
        }
    }

    private CompletionStage<Void> settled(int size, Consumer<@Nullable Throwable> landed, @Nullable Throwable failure) {
        window.release(size);
        landed.accept(failure);
        return DONE;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
