package io.deltastreams.sink.kafka;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Sink;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** One stream's topic, at least once: the cursor follows what was acknowledged. Whatever waits does so on a virtual thread. */
final class KafkaSink implements Sink {

    private static final Logger LOG = Logger.getLogger(KafkaSink.class);
    private static final long CLOSE_WRITE_MILLIS = 3_000;
    private static final long CLOSE_CURSOR_MILLIS = 1_500;

    private final Records records;
    private final Topics topics;
    private final Pace pace;
    private final Bookmark bookmark;
    private final Broker broker;
    private final Outlet outlet;

    private final ReentrantLock writing = new ReentrantLock();
    private final CountDownLatch closing = new CountDownLatch(1);

    KafkaSink(Records records, Topics topics, Pace pace, Bookmark bookmark, Broker broker, Outlet outlet) {
        this.records = records;
        this.topics = topics;
        this.pace = pace;
        this.bookmark = bookmark;
        this.broker = broker;
        this.outlet = outlet;
    }

    @Override
    public Uni<Optional<Position>> cursor() {
        return onVirtualThread(this::readCursor);
    }

    private Optional<Position> readCursor() {
        try {
            topics.open(bookmark.topic());
            Position stored = stored();
            // What this instance saw acknowledged is at the target, even where the cursor's record still follows.
            Position now = stored.isAfter(bookmark.reached()) ? stored : bookmark.reached();
            return now.equals(Position.START) ? Optional.empty() : Optional.of(now);
        } catch (KafkaException e) {
            throw broker.away(e);
        }
    }

    private Position stored() {
        return broker.cursor(bookmark.topic(), bookmark.key())
                .map(Mark::position)
                .orElse(Position.START);
    }

    @Override
    public Uni<Void> prepare() {
        return onVirtualThread(this::stored).replaceWithVoid();
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    @Override
    public Uni<Outcome> write(Deltas batch) {
        return onVirtualThread(() -> deliver(batch));
    }

    private Outcome deliver(Deltas batch) {
        writing.lock();
        try {
            if (isClosing()) {
                return new Outcome.Unknown("the sink is closed");
            }
            Outcome outcome = send(batch);
            if (outcome instanceof Outcome.Delivered) {
                bookmark.advance(batch.upTo());
            }
            return outcome;
        } finally {
            writing.unlock();
        }
    }

    /**
     * All in order and without waiting in between; stops at the first failure that it hears of. Ends only when every record has landed or
     * failed (after {@code delivery.timeout.ms} at most), so that none is left to land behind what the next attempt writes.
     */
    private Outcome send(Deltas batch) {
        if (batch.deltas().isEmpty()) {
            return new Outcome.Delivered();
        }
        ToIntFunction<String> partitions = topics.partitions(outlet::partitions);
        Flight flight = new Flight();
        for (Delta delta : batch.deltas()) {
            if (flight.hasFailed()) {
                break;
            }
            try {
                for (ProducerRecord<byte[], byte[]> record : records.of(delta, partitions, 0)) {
                    outlet.send(record, flight.board(delta.position()));
                }
            } catch (RuntimeException e) {
                flight.fail(delta.position(), e);
            }
        }
        if (pace.hurries(batch)) {
            outlet.push();
        }
        return flight.outcome();
    }

    @Override
    public Uni<Outcome> replay(Delta delta) {
        return onVirtualThread(() -> {
            writing.lock();
            try {
                Flight flight = new Flight();
                for (ProducerRecord<byte[], byte[]> record :
                        records.again(delta, topics.partitions(outlet::partitions))) {
                    outlet.send(record, flight.board(delta.position()));
                }
                outlet.push();
                return flight.outcome();
            } catch (KafkaException e) {
                return new Outcome.Unknown(Flight.said(e));
            } catch (Flight.Unencodable e) {
                return new Outcome.Poisoned(delta.position(), Flight.said(e));
            } finally {
                writing.unlock();
            }
        });
    }

    @Override
    public Uni<Void> close() {
        return onVirtualThread(() -> {
                    settle();
                    return true;
                })
                .replaceWithVoid();
    }

    private void settle() {
        closing.countDown();
        try {
            if (writing.tryLock(CLOSE_WRITE_MILLIS, TimeUnit.MILLISECONDS)) {
                writing.unlock();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        boolean written = CompletableFuture.supplyAsync(bookmark::close, Thread::startVirtualThread)
                .completeOnTimeout(false, CLOSE_CURSOR_MILLIS, TimeUnit.MILLISECONDS)
                .join();
        if (!written) {
            LOG.warnf(
                    "topic=%s closed without its cursor written: its last records will come a second time",
                    topics.name());
        }
    }

    static <T> Uni<T> onVirtualThread(Supplier<T> work) {
        return Uni.createFrom().item(work).runSubscriptionOn(Thread::startVirtualThread);
    }
}
