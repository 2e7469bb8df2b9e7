package io.deltastreams.sink.kafka;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.sink.TargetTaken;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One stream's topic, exactly once: records and cursor are committed together, in Kafka's transactions. Who reads with {@code
 * isolation.level=read_committed} sees each delta once, whichever process dies when. Whatever waits does so on a virtual thread.
 *
 * <p>A transaction of the source is part of one of Kafka's, which stays open until it has all of it; one that takes more than the limit is cut
 * into several, whose records tell so from the second on (header {@code ds-part}). Several small ones may share one of Kafka's.
 *
 * <p>The transactional id is the stream's own, so the broker refuses whatever an older holder still sends. Who is refused looks at the cursor: if
 * another instance has written it meanwhile, that one goes on and this one ends.
 */
final class ExactlyOnceSink implements Sink {

    private static final Logger LOG = Logger.getLogger(ExactlyOnceSink.class);

    /** A cursor that has moved past nothing of this stream's alone is written so often at most. */
    private static final long CURSOR_MILLIS = 1000;

    private static final long CLOSE_WRITE_MILLIS = 2_500;
    private static final long CLOSE_COMMIT_MILLIS = 1_500;

    private final Records records;
    private final Topics topics;
    private final String cursors;
    private final String name;
    private final long limit;
    private final Pace pace;
    private final Broker broker;
    private final Producers producers;

    /** Tells this writer from others. */
    private final String instance = UUID.randomUUID().toString();

    private final CountDownLatch closing = new CountDownLatch(1);
    private final ReentrantLock writing = new ReentrantLock();

    // Under the lock, but for a close that does not get it.
    private volatile @Nullable Transactor transactor;
    private boolean claimed;
    /** Up to where the target has everything. */
    private Position committed = Position.START;
    /** Up to where everything is sent, or is nothing to send. */
    private Position reached = Position.START;
    /** Whether {@link #reached} lies behind whole transactions of the source. */
    private boolean between = true;
    /** The last that was sent. */
    private @Nullable Delta last;
    /** In which transaction of the source one of Kafka's has ended last, and, below, how often; of no meaning where that is 0. */
    private Position cut = Position.START;

    private int parts;
    private Optional<Transactor.Refusal> poison = Optional.empty();
    /** What had been taken was lost without a write that could be told. */
    private boolean lost;

    private boolean waiting;

    /**
     * @param name of the cursor and, behind a prefix, of the transactions
     * @param limit bytes above which a source's transaction is cut
     */
    ExactlyOnceSink(
            Records records,
            Topics topics,
            String cursors,
            String name,
            long limit,
            Pace pace,
            Broker broker,
            Producers producers) {
        this.records = records;
        this.topics = topics;
        this.cursors = cursors;
        this.name = name;
        this.limit = limit;
        this.pace = pace;
        this.broker = broker;
        this.producers = producers;
    }

    @Override
    public Uni<Optional<Position>> cursor() {
        return KafkaSink.onVirtualThread(this::readCursor);
    }

    private Optional<Position> readCursor() {
        writing.lock();
        try {
            if (isClosing()) {
                throw new TargetAway("the sink is closed");
            }
            Transactor known = transactor;
            if (known == null) {
                connect();
            }
            Position now = known != null && known.isOpen() ? committed : reached;
            return now.equals(Position.START) ? Optional.empty() : Optional.of(now);
        } catch (KafkaException e) {
            throw broker.away(e);
        } finally {
            writing.unlock();
        }
    }

    @Override
    public Uni<Void> prepare() {
        // Without the lock: what the holder has open may end only when its id is taken, which is not to wait for this.
        return KafkaSink.onVirtualThread(this::mark).replaceWithVoid();
    }

    private void connect() {
        topics.open(cursors);
        if (claimed) {
            // Before it is taken from whoever has it now.
            mine(mark());
        }
        Transactor next = new Transactor(producers.transactional("delta-streams/" + name));
        try {
            next.take();
            Mark mark = mark();
            mine(mark);
            next.send(new Mark(mark.position(), instance, mark.parts()).record(cursors, name));
            next.commit();
            claimed = true;
            stand(mark.position());
            cut = mark.position();
            parts = mark.parts();
        } catch (RuntimeException e) {
            next.close();
            throw e;
        }
        transactor = next;
    }

    private Mark mark() {
        return broker.cursor(cursors, name).orElseGet(() -> new Mark(Position.START, "", 0));
    }

    private void mine(Mark mark) {
        if (claimed && !mark.holder().equals(instance)) {
            throw new TargetTaken("another instance (%s) writes topic '%s' for '%s' now, and this one (%s) has ended"
                    .formatted(mark.holder(), topics.name(), name, instance));
        }
    }

    /** Everything up to here is committed, and nothing is open. */
    private void stand(Position position) {
        committed = position;
        reached = position;
        between = true;
        last = null;
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    @Override
    public Uni<Outcome> write(Deltas batch) {
        return KafkaSink.onVirtualThread(() -> deliver(batch));
    }

    private Outcome deliver(Deltas batch) {
        writing.lock();
        try {
            Transactor now = transactor;
            if (isClosing() || now == null) {
                return new Outcome.Unknown(isClosing() ? "the sink is closed" : "the broker has to be asked first");
            }
            if (lost) {
                lost = false;
                return new Outcome.Rewound(committed);
            }
            boolean carried = now.isOpen();
            try {
                return put(now, batch);
            } catch (KafkaException e) {
                Outcome outcome = failed(now, e);
                // Where nothing of an earlier batch was in it, the reader need not go back.
                return outcome instanceof Outcome.Rewound && !carried ? deliver(batch) : outcome;
            }
        } finally {
            writing.unlock();
        }
    }

    private Outcome put(Transactor to, Deltas batch) {
        List<Delta> deltas = batch.deltas();
        ToIntFunction<String> partitions = topics.partitions(to::partitions);
        int whole = whole(batch);
        for (int i = 0; i < deltas.size(); i++) {
            Delta delta = deltas.get(i);
            if (!delta.position().isAfter(committed)) {
                continue;
            }
            if (i == whole && !goesOnWith(delta.position())) {
                commit(to, false);
            }
            Optional<Outcome> refused = refused(to, delta, partitions);
            if (refused.isPresent()) {
                return refused.get();
            }
            last = delta;
            reached = delta.position();
        }
        between = batch.whole() || !goesOnWith(batch.upTo());
        reached = batch.upTo();
        return settled(to, batch);
    }

    /** How many of the deltas belong to transactions that end in the batch. */
    private static int whole(Deltas batch) {
        List<Delta> deltas = batch.deltas();
        int whole = deltas.size();
        if (!batch.whole()) {
            while (whole > 0 && isPartOf(batch.upTo(), deltas.get(whole - 1))) {
                whole--;
            }
        }
        return whole;
    }

    /** A snapshot is no transaction that anybody has to see as a whole. */
    private static boolean isPartOf(Position transaction, Delta delta) {
        return !delta.snapshot() && isOfOne(delta.position(), transaction);
    }

    private static boolean isOfOne(Position one, Position another) {
        return one.epoch() == another.epoch() && one.commit() == another.commit();
    }

    /** Whether what was sent last is of the transaction at this position. */
    private boolean goesOnWith(Position position) {
        Delta before = last;
        return before != null && isPartOf(position, before);
    }

    /** Sends it, unless it can never be taken: then all before it is committed. */
    private Optional<Outcome> refused(Transactor to, Delta delta, ToIntFunction<String> partitions) {
        Optional<String> reason = poison.filter(known -> known.position().equals(delta.position()))
                .map(Transactor.Refusal::reason);
        if (reason.isEmpty()) {
            try {
                int part = parts > 0 && isOfOne(cut, delta.position()) ? parts + 1 : 0;
                for (ProducerRecord<byte[], byte[]> record : records.of(delta, partitions, part)) {
                    to.send(record, delta.position());
                }
                return Optional.empty();
            } catch (Flight.Unencodable e) {
                reason = Optional.of(Flight.said(e));
            }
        }
        commit(to, goesOnWith(delta.position()));
        poison = Optional.empty();
        return Optional.of(new Outcome.Poisoned(delta.position(), reason.get()));
    }

    private Outcome settled(Transactor to, Deltas batch) {
        if (!to.isOpen()) {
            soon();
            return new Outcome.Delivered();
        }
        if (between ? pace.gathers(batch, to.age(), to.bytes()) : to.bytes() < limit) {
            soon();
            return new Outcome.Taken();
        }
        commit(to, !between);
        return new Outcome.Delivered();
    }

    /** Commits what was sent up to {@link #reached}, and the cursor with it. */
    private void commit(Transactor to, boolean amid) {
        if (!reached.isAfter(committed)) {
            return;
        }
        parts = !amid ? 0 : parts > 0 && isOfOne(cut, reached) ? parts + 1 : 1;
        cut = reached;
        to.send(new Mark(reached, instance, parts).record(cursors, name));
        to.commit();
        committed = reached;
    }

    private Outcome failed(Transactor at, KafkaException why) {
        try {
            at.abort();
        } catch (KafkaException _) {
            // Fenced, or it does not answer: what became of the transaction is seen when the id is taken again.
            transactor = null;
            at.close();
            return new Outcome.Unknown(Flight.said(why));
        }
        stand(committed);
        Optional<Transactor.Refusal> refusal = at.refusal();
        if (refusal.isEmpty()) {
            return new Outcome.Unknown(Flight.said(why));
        }
        poison = refusal;
        return new Outcome.Rewound(committed);
    }

    /** What waits for a next batch does not do so for longer than a moment, unless the rest of its transaction is still to come. */
    private void soon() {
        if (!waiting && reached.isAfter(committed)) {
            waiting = true;
            CompletableFuture.delayedExecutor(CURSOR_MILLIS, TimeUnit.MILLISECONDS, Thread::startVirtualThread)
                    .execute(this::catchUp);
        }
    }

    private void catchUp() {
        writing.lock();
        try {
            waiting = false;
            Transactor now = transactor;
            if (isClosing() || now == null || !between) {
                return;
            }
            boolean open = now.isOpen();
            try {
                commit(now, false);
            } catch (KafkaException e) {
                failed(now, e);
                lost = open && transactor != null;
            }
        } finally {
            writing.unlock();
        }
    }

    @Override
    public Uni<Outcome> replay(Delta delta) {
        return KafkaSink.onVirtualThread(() -> {
            writing.lock();
            try {
                return again(delta);
            } finally {
                writing.unlock();
            }
        });
    }

    private Outcome again(Delta delta) {
        Transactor now = transactor;
        if (isClosing() || now == null || !between) {
            return new Outcome.Unknown(
                    now == null || between
                            ? "the broker has to be asked first"
                            : "a transaction of the source is amid");
        }
        boolean carried = now.isOpen();
        try {
            commit(now, false);
            carried = false;
            for (ProducerRecord<byte[], byte[]> record : records.again(delta, topics.partitions(now::partitions))) {
                now.send(record, delta.position());
            }
            now.commit();
            return new Outcome.Delivered();
        } catch (KafkaException e) {
            Outcome outcome = failed(now, e);
            lost = carried && transactor != null;
            boolean refused = outcome instanceof Outcome.Rewound;
            poison = Optional.empty();
            return refused
                    ? new Outcome.Poisoned(delta.position(), Flight.said(e))
                    : new Outcome.Unknown(Flight.said(e));
        } catch (Flight.Unencodable e) {
            return new Outcome.Poisoned(delta.position(), Flight.said(e));
        }
    }

    @Override
    public Uni<Void> close() {
        return KafkaSink.onVirtualThread(() -> {
                    settle();
                    return true;
                })
                .replaceWithVoid();
    }

    private void settle() {
        closing.countDown();
        boolean alone = false;
        try {
            alone = writing.tryLock(CLOSE_WRITE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        try {
            Transactor now = transactor;
            if (now != null) {
                boolean end = alone;
                boolean ended = CompletableFuture.supplyAsync(() -> end && end(now), Thread::startVirtualThread)
                        .completeOnTimeout(false, CLOSE_COMMIT_MILLIS, TimeUnit.MILLISECONDS)
                        .join();
                if (!ended) {
                    LOG.infof("topic=%s closed amid a transaction, which the broker gives up", topics.name());
                }
                transactor = null;
                now.close();
            }
        } finally {
            if (alone) {
                writing.unlock();
            }
        }
    }

    private boolean end(Transactor now) {
        try {
            if (between) {
                commit(now, false);
            } else {
                now.abort();
            }
            return true;
        } catch (KafkaException _) {
            return false;
        }
    }
}
