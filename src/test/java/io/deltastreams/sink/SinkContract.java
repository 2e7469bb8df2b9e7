package io.deltastreams.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Sink} promises, by the numbers of its contract; each kind's test extends this. */
public abstract class SinkContract {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final AtomicInteger COUNTER = new AtomicInteger();

    protected StreamId stream = new StreamId("orders");
    protected Orders orders = new Orders(stream, true);

    /** A new sink of the stream; what the target already has stays. */
    protected abstract Sink open(StreamId stream);

    /** Which deltas are at the target: for each key, in order. */
    protected abstract Map<String, List<Position>> arrived(StreamId stream);

    @BeforeEach
    void a_stream_of_its_own() {
        stream = new StreamId("orders_" + COUNTER.incrementAndGet());
        orders = new Orders(stream, true);
    }

    @Test
    void contract_1_a_target_that_has_nothing_has_no_cursor() {
        assertThat(cursor(open(stream))).isEmpty();
    }

    @Test
    void contract_1_a_running_sink_knows_where_it_stands() {
        // given
        Sink sink = started();
        Deltas batch = Orders.batch(orders.insert(1, "a"));

        // when
        assertThat(write(sink, batch)).isEqualTo(new Outcome.Delivered());

        // then
        assertThat(cursor(sink)).contains(batch.upTo());
    }

    @Test
    void contract_3_what_is_delivered_is_there_in_order_of_each_key() {
        // given
        Sink sink = started();
        List<Delta> deltas = orders.updates(5000, 7);

        // when
        assertThat(write(sink, Orders.batch(deltas.subList(0, 2000)))).isEqualTo(new Outcome.Delivered());
        assertThat(write(sink, Orders.batch(deltas.subList(2000, 2001)))).isEqualTo(new Outcome.Delivered());
        assertThat(write(sink, Orders.batch(deltas.subList(2001, 5000)))).isEqualTo(new Outcome.Delivered());

        // then
        assertThat(arrived(stream)).isEqualTo(byKey(deltas, 7));
    }

    @Test
    void a_delta_that_is_replayed_is_there_behind_all_others_and_the_cursor_stays() {
        // given
        Sink sink = started();
        Delta refused = orders.insert(1, "a");
        Deltas batch = Orders.batch(orders.insert(1, "b"));
        assertThat(write(sink, batch)).isEqualTo(new Outcome.Delivered());

        // when
        assertThat(sink.replay(refused).await().atMost(LONG)).isEqualTo(new Outcome.Delivered());

        // then
        assertThat(arrived(stream).values())
                .containsExactly(List.of(batch.deltas().getFirst().position(), refused.position()));
        assertThat(cursor(sink)).contains(batch.upTo());
        assertThat(write(sink, Orders.batch(orders.insert(1, "c")))).isEqualTo(new Outcome.Delivered());
    }

    @Test
    void contract_4_the_cursor_follows_by_itself() {
        Sink sink = started();
        Position last = Position.START;
        for (Delta delta : orders.updates(20, 3)) {
            write(sink, Orders.batch(delta));
            last = delta.position();
        }

        Optional<Position> expected = Optional.of(last);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(cursor(open(stream))).isEqualTo(expected));
    }

    @Test
    void contract_4_the_cursor_is_there_after_the_close() {
        // given
        Sink sink = started();
        Deltas batch = Orders.batch(orders.updates(100, 3));
        write(sink, Orders.batch(orders.insert(1, "a")));
        Deltas second = new Deltas(Position.START, batch.deltas(), orders.next(), true, false);
        write(sink, second);

        // when
        sink.close().await().atMost(LONG);

        // then
        assertThat(cursor(open(stream))).contains(second.upTo());
    }

    @Test
    void contract_4_a_batch_without_deltas_moves_the_cursor() {
        // given
        Sink sink = started();
        Position upTo = orders.next();

        // when
        assertThat(write(sink, new Deltas(Position.START, List.of(), upTo, true, false)))
                .isEqualTo(new Outcome.Delivered());
        sink.close().await().atMost(LONG);

        // then
        assertThat(cursor(open(stream))).contains(upTo);
        assertThat(arrived(stream)).isEmpty();
    }

    @Test
    void contract_6_closing_is_quick_and_can_be_repeated() {
        Sink sink = started();
        write(sink, Orders.batch(orders.insert(1, "a")));

        sink.close().await().atMost(Duration.ofSeconds(5));
        sink.close().await().atMost(Duration.ofSeconds(5));
    }

    @Test
    void contract_8_who_prepares_does_not_disturb_who_writes() {
        // given
        Sink writes = started();
        write(writes, Orders.batch(orders.insert(1, "a")));

        // when
        Sink waits = open(stream);
        waits.prepare().await().atMost(LONG);

        // then
        Deltas batch = Orders.batch(orders.insert(1, "b"));
        assertThat(write(writes, batch)).isEqualTo(new Outcome.Delivered());
        writes.close().await().atMost(LONG);
        assertThat(cursor(waits)).contains(batch.upTo());
        assertThat(write(waits, Orders.batch(orders.insert(1, "c")))).isEqualTo(new Outcome.Delivered());
        assertThat(arrived(stream).values())
                .singleElement()
                .satisfies(all -> assertThat(all).hasSize(3));
    }

    private Sink started() {
        Sink sink = open(stream);
        cursor(sink);
        return sink;
    }

    protected static Optional<Position> cursor(Sink sink) {
        return sink.cursor().await().atMost(LONG);
    }

    protected static Outcome write(Sink sink, Deltas batch) {
        return sink.write(batch).await().atMost(Duration.ofMinutes(2));
    }

    private static Map<String, List<Position>> byKey(List<Delta> deltas, int keys) {
        AtomicInteger i = new AtomicInteger();
        return deltas.stream()
                .collect(Collectors.groupingBy(
                        _ -> "{\"id\":%d}".formatted(i.getAndIncrement() % keys),
                        Collectors.mapping(Delta::position, Collectors.toList())));
    }
}
