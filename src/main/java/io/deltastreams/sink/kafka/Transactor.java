package io.deltastreams.sink.kafka;

import io.deltastreams.change.Position;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/** The producer of a transactional id and the transaction that it has open, if any. Of one thread at a time, but for the answers. */
final class Transactor implements AutoCloseable {

    /** Each stream has its own: enough to keep a broker busy. */
    private static final int WINDOW = 4 << 20;

    private static final Duration CLOSING = Duration.ofMillis(500);

    private final Producer<byte[], byte[]> producer;
    private final Outlet outlet;
    private boolean open;
    private long bytes;
    private long openedAt;
    private @Nullable Refusal refusal;

    /** A record that the broker will never take. */
    record Refusal(Position position, String reason) {}

    /** @param producer is this one's from now on, and has no transaction yet */
    Transactor(Producer<byte[], byte[]> producer) {
        this.producer = producer;
        this.outlet = new Outlet(() -> producer, WINDOW);
    }

    /**
     * Ends what an earlier holder of the id left open, and its life with it.
     *
     * @throws KafkaException if the broker is away or refuses
     */
    void take() {
        answered(producer::initTransactions);
    }

    /** How many partitions a topic has; waits for an answer. */
    int partitions(String topic) {
        return outlet.partitions(topic);
    }

    /** Sends a record as part of the open transaction, which it opens if there is none; waits while too much is under way. */
    void send(ProducerRecord<byte[], byte[]> record, Position position) {
        send(record, failure -> {
            if (failure != null && Flight.isPermanent(failure)) {
                refused(new Refusal(position, Flight.said(failure)));
            }
        });
    }

    /** Sends a record that is no delta's: where that fails the transaction does. */
    void send(ProducerRecord<byte[], byte[]> record) {
        send(record, _ -> {});
    }

    private void send(ProducerRecord<byte[], byte[]> record, Consumer<@Nullable Throwable> landed) {
        if (!open) {
            answered(producer::beginTransaction);
            open = true;
            bytes = 0;
            openedAt = System.nanoTime();
            forget();
        }
        bytes += Outlet.size(record);
        outlet.send(record, landed);
    }

    private synchronized void forget() {
        refusal = null;
    }

    private synchronized void refused(Refusal next) {
        Refusal known = refusal;
        if (known == null || known.position().isAfter(next.position())) {
            refusal = next;
        }
    }

    /** The first record that was refused since a transaction was opened last; all are known once that has ended. */
    synchronized Optional<Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }

    boolean isOpen() {
        return open;
    }

    /** What has been sent in the open transaction; 0 without one. */
    long bytes() {
        return open ? bytes : 0;
    }

    /** For how long the transaction has been open. */
    Duration age() {
        return open ? Duration.ofNanos(System.nanoTime() - openedAt) : Duration.ZERO;
    }

    /**
     * All that was sent is there from now on, on all replicas in sync.
     *
     * @throws KafkaException if it is not, or is in doubt
     */
    void commit() {
        answered(producer::commitTransaction);
        open = false;
    }

    /**
     * Nothing of what was sent is ever seen.
     *
     * @throws KafkaException if the producer is of no use any more
     */
    void abort() {
        if (open) {
            answered(producer::abortTransaction);
            open = false;
        }
    }

    private static void answered(Runnable question) {
        try {
            question.run();
        } catch (IllegalStateException e) {
            throw new KafkaException("the producer is closed, or of no use any more", e);
        }
    }

    @Override
    public void close() {
        producer.close(CLOSING);
    }
}
