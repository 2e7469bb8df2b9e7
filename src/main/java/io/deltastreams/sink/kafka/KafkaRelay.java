package io.deltastreams.sink.kafka;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Position;
import io.deltastreams.change.RelayPart;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.RelayedCodec;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.TargetAway;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * The history in a topic of one partition. One piece is under way at a time, the next begins when all replicas in sync have the last: so nothing can
 * land behind a hole, and what waits meanwhile goes out together.
 */
final class KafkaRelay implements Relay {

    /** Half of what a broker takes in a message if nobody has told it otherwise. */
    private static final int PART = 512 << 10;

    /** So often at least the tables are told again, for topics whose retention takes the old away. */
    private static final Duration TABLES_AGAIN = Duration.ofMinutes(10);

    private final long sender = ThreadLocalRandom.current().nextLong();
    private final String topic;
    private final Broker broker;
    private final Outlet outlet;
    private final RelayedCodec codec = new RelayedCodec();
    private final BinaryWriter whole = new BinaryWriter(PART);

    private Relayed.@Nullable Tables tables;
    private long tablesAt = -1;
    private long tablesTold = System.nanoTime();
    private volatile boolean closed;

    KafkaRelay(String topic, Broker broker, Outlet outlet) {
        this.topic = topic;
        this.broker = broker;
        this.outlet = outlet;
    }

    @Override
    public Position open() {
        return answered(() -> {
            broker.ensureRelay(topic);
            tablesAt = -1;
            return broker.lastRelayed(topic).orElse(Position.START);
        });
    }

    @Override
    public void put(Relayed relayed) {
        answered(() -> {
            switch (relayed) {
                case Relayed.Tables told -> {
                    tables = told;
                    tell(told);
                }
                case Relayed.History history -> {
                    Relayed.Tables told = tables;
                    if (told != null && (tablesAt < 0 || System.nanoTime() - tablesTold > TABLES_AGAIN.toNanos())) {
                        tell(told);
                    }
                    place(history);
                }
            }
            return true;
        });
    }

    private void tell(Relayed.Tables told) {
        tablesAt = place(told);
        tablesTold = System.nanoTime();
    }

    private long place(Relayed relayed) {
        whole.truncate(0);
        codec.encode(relayed, whole);
        long first = -1;
        for (RelayPart part : RelayPart.cut(sender, tablesAt, whole, PART)) {
            if (closed) {
                throw new TargetAway("the relay is closed");
            }
            long offset = outlet.place(new ProducerRecord<>(topic, 0, null, part.encode()));
            first = first < 0 ? offset : first;
        }
        return first;
    }

    private <T> T answered(Supplier<T> work) {
        try {
            return work.get();
        } catch (KafkaException e) {
            throw broker.away(e);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
