package io.deltastreams.sink.kafka;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A producer. The channel {@code kafka} opens, configures and closes the one that streams share. Records are handed to it directly and not as
 * the channel's messages, whose operators, captured contexts and changes of thread took more than a third of the CPU of a drain of small
 * records, and more than the producer's own work.
 *
 * <p>So many bytes are under way at a time at most; who wants to send more waits (Invariant 8). The window lies below the producer's own
 * buffer, so that nobody fails on a full one.
 */
final class Outlet {

    /** Half of {@code buffer.memory}: for a producer that all share. */
    static final int WINDOW = 16 << 20;

    /** About what one record costs in objects on its way, beside its bytes. */
    private static final int OVERHEAD = 200;

    private final Supplier<Producer<byte[], byte[]>> source;
    private final int limit;
    private final Semaphore window;
    private final AtomicInteger pushes = new AtomicInteger();

    private volatile @Nullable Producer<byte[], byte[]> opened;

    /**
     * @param source the producer, had once it is needed
     * @param limit bytes; a single record above it passes alone
     */
    Outlet(Supplier<Producer<byte[], byte[]>> source, int limit) {
        this.source = source;
        this.limit = limit;
        this.window = new Semaphore(limit, true);
    }

    private Producer<byte[], byte[]> producer() {
        Producer<byte[], byte[]> known = opened;
        if (known == null) {
            known = source.get();
            opened = known;
        }
        return known;
    }

    /**
     * How many partitions a topic has; waits for an answer.
     *
     * @throws KafkaException if there is none in time
     */
    int partitions(String topic) {
        try {
            return producer().partitionsFor(topic).size();
        } catch (KafkaException e) {
            throw new KafkaException("the broker does not tell of topic %s: %s".formatted(topic, Broker.said(e)), e);
        } catch (IllegalStateException e) {
            throw new KafkaException("the producer is closed", e);
        }
    }

    /**
     * Sends a record behind those that this thread sent before; waits while the window is full.
     *
     * @param landed told once, maybe on another thread: null when all replicas in sync have it, otherwise why not
     */
    void send(ProducerRecord<byte[], byte[]> record, Consumer<@Nullable Throwable> landed) {
        send(record, (_, failure) -> landed.accept(failure));
    }

    private void send(ProducerRecord<byte[], byte[]> record, Callback landed) {
        int size = Math.min(limit, size(record));
        window.acquireUninterruptibly(size);
        Callback settled = (metadata, failure) -> {
            window.release(size);
            landed.onCompletion(metadata, failure);
        };
        try {
            var _ = producer().send(record, settled);
        } catch (RuntimeException e) {
            settled.onCompletion(null, e);
        }
    }

    /**
     * Sends a record and waits for it.
     *
     * @return its offset
     * @throws KafkaException why it is in doubt
     */
    long place(ProducerRecord<byte[], byte[]> record) {
        CompletableFuture<Long> placed = new CompletableFuture<>();
        send(record, (metadata, failure) -> {
            if (failure == null) {
                placed.complete(metadata.offset());
            } else {
                placed.completeExceptionally(failure);
            }
        });
        push();
        return Broker.await(placed);
    }

    /**
     * What was sent leaves now, however little it is, instead of after {@code linger.ms}; waits for nothing. While one flush is under way the
     * client sends everything at once, so a stream never waits for another's broker.
     */
    void push() {
        if (pushes.getAndIncrement() == 0) {
            Thread.ofVirtual().name("kafka-push").start(this::flush);
        }
    }

    private void flush() {
        int seen;
        do {
            seen = pushes.get();
            try {
                producer().flush();
            } catch (KafkaException _) {
                // The client is being closed: each record under way hears of that itself.
            }
        } while (!pushes.compareAndSet(seen, 0));
    }

    /** About what a record takes on its way. */
    static int size(ProducerRecord<byte[], byte[]> record) {
        int size = OVERHEAD + length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            size += header.key().length() + length(header.value());
        }
        return size;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }
}
