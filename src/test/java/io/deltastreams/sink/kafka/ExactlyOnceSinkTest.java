package io.deltastreams.sink.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Orders;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Retrying;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.TargetTaken;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(value = TestBroker.class, restrictToAnnotatedClass = true)
class ExactlyOnceSinkTest extends KafkaSinkContract {

    ExactlyOnceSinkTest() {
        super("exactly-once", false);
    }

    private static Deltas batch(List<Delta> deltas, boolean whole, boolean more) {
        return new Deltas(Position.START, deltas, deltas.getLast().position(), whole, more);
    }

    private List<Position> seen() {
        return records().stream()
                .map(record -> Position.parse(header(record, "ds-position")))
                .sorted()
                .toList();
    }

    private static List<Position> positions(List<Delta> deltas) {
        return deltas.stream().map(Delta::position).toList();
    }

    @Test
    void a_transaction_in_two_batches_is_seen_as_a_whole() {
        // given
        Sink sink = started();
        List<Delta> first = orders.transaction("1", 3, 1);
        List<Delta> large = orders.transaction("2", 10, 4);
        List<Delta> begin = new ArrayList<>(first);
        begin.addAll(large.subList(0, 6));

        // when
        assertThat(write(sink, batch(begin, false, false))).isEqualTo(new Outcome.Taken());
        assertThat(cursor(open(stream)))
                .as("of another instance, which ends what was open")
                .contains(first.getLast().position());
        assertThat(seen()).isEqualTo(positions(first));
    }

    @Test
    void the_rest_of_a_transaction_comes_with_its_beginning() {
        Sink sink = started();
        List<Delta> large = orders.transaction("2", 10, 4);

        assertThat(write(sink, batch(large.subList(0, 6), false, false))).isEqualTo(new Outcome.Taken());
        assertThat(write(sink, batch(large.subList(6, 10), true, false))).isEqualTo(new Outcome.Delivered());

        assertThat(seen()).isEqualTo(positions(large));
        assertThat(records()).noneMatch(record -> record.headers().lastHeader("ds-part") != null);
        assertThat(cursor(open(stream))).contains(large.getLast().position());
    }

    @Test
    void a_transaction_whose_rest_holds_nothing_of_the_stream_is_not_waited_for() {
        Sink sink = started();
        List<Delta> large = orders.transaction("2", 10, 4).subList(0, 6);
        Position end = new Position(1, large.getLast().position().commit(), 9);

        assertThat(write(sink, batch(large, false, false))).isEqualTo(new Outcome.Taken());
        assertThat(write(sink, new Deltas(large.getLast().position(), List.of(), end, true, false)))
                .isEqualTo(new Outcome.Delivered());

        assertThat(seen()).isEqualTo(positions(large));
        assertThat(cursor(open(stream))).contains(end);
    }

    @Test
    void one_above_the_limit_is_cut_and_its_parts_are_marked() {
        // given
        Sink sink = started("transaction_limit: 1KB");
        List<Delta> large = orders.transaction("2", 40, 1);

        // when
        assertThat(write(sink, batch(large.subList(0, 2), false, false))).isEqualTo(new Outcome.Taken());
        assertThat(write(sink, batch(large.subList(2, 20), false, false))).isEqualTo(new Outcome.Delivered());
        sink.close().await().atMost(Duration.ofSeconds(5));
        Sink next = started("transaction_limit: 1KB");
        assertThat(cursor(next)).contains(large.get(19).position());
        assertThat(write(next, batch(large.subList(20, 30), false, false))).isEqualTo(new Outcome.Delivered());
        assertThat(write(next, batch(large.subList(30, 40), true, false))).isEqualTo(new Outcome.Delivered());
        Delta after = orders.insert(1, "z");
        write(next, Orders.batch(after));

        // then
        List<Position> all = new ArrayList<>(positions(large));
        all.add(after.position());
        assertThat(seen()).isEqualTo(all);
        for (ConsumerRecord<byte[], byte[]> record : records()) {
            int at = all.indexOf(Position.parse(header(record, "ds-position")));
            String part = record.headers().lastHeader("ds-part") == null ? "" : header(record, "ds-part");
            assertThat(part).as("part of %d", at).isEqualTo(at < 20 || at == 40 ? "" : at < 30 ? "2" : "3");
        }
    }

    @Test
    void small_ones_go_together_while_more_is_at_hand_and_alone_if_the_next_stays_away() {
        Sink sink = started("optimize: throughput");
        List<Delta> first = orders.transaction("1", 3, 1);
        List<Delta> second = orders.transaction("2", 3, 4);

        assertThat(write(sink, batch(first, true, true))).isEqualTo(new Outcome.Taken());
        assertThat(write(sink, batch(second, true, true))).isIn(new Outcome.Taken(), new Outcome.Delivered());

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(seen()).hasSize(6));
    }

    @Test
    void for_latency_nothing_is_gathered() {
        Sink sink = started("optimize: latency");

        assertThat(write(sink, batch(orders.transaction("1", 3, 1), true, true)))
                .isEqualTo(new Outcome.Delivered());
    }

    @Test
    void a_zombie_is_refused_and_ends() {
        // given
        Sink zombie = started();
        write(zombie, Orders.batch(orders.insert(1, "a")));
        Sink heir = started();
        Delta second = orders.insert(2, "b");
        assertThat(write(heir, Orders.batch(second))).isEqualTo(new Outcome.Delivered());

        // when
        Sink watched = new Retrying(zombie, Duration.ofMillis(10), Duration.ofSeconds(1), new Retrying.Watch() {
            @Override
            public void inDoubt(Outcome.Unknown why) {}

            @Override
            public void answered() {}
        });
        Outcome outcome = write(watched, Orders.batch(second, orders.insert(3, "c")));

        // then
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Superseded.class,
                        superseded -> assertThat(superseded.reason())
                                .contains("another instance", "writes topic '" + stream.text() + "'"));
        assertThatExceptionOfType(TargetTaken.class).isThrownBy(() -> cursor(zombie));
        Delta third = orders.insert(4, "d");
        assertThat(write(heir, Orders.batch(third))).as("it was not disturbed").isEqualTo(new Outcome.Delivered());
        assertThat(seen()).hasSize(3).doesNotHaveDuplicates().contains(second.position(), third.position());
    }

    @Test
    void one_that_is_refused_amid_a_transaction_takes_nothing_of_it_with_it() {
        // given
        Sink sink = started();
        List<Delta> large = new ArrayList<>(orders.transaction("2", 4, 1));
        Delta refused = orders.insert(9, "x".repeat(3_000_000));
        Delta after = orders.insert(10, "z");

        // when
        assertThat(write(sink, batch(large.subList(0, 2), false, true))).isEqualTo(new Outcome.Taken());
        List<Delta> rest = new ArrayList<>(large.subList(2, 4));
        rest.addAll(List.of(refused, after));
        Outcome first = write(sink, batch(rest, true, false));

        // then
        assertThat(first).isEqualTo(new Outcome.Rewound(Position.START));
        List<Delta> again = new ArrayList<>(large);
        again.addAll(List.of(refused, after));
        assertThat(write(sink, Orders.batch(again)))
                .isInstanceOfSatisfying(
                        Outcome.Poisoned.class,
                        poisoned -> assertThat(poisoned.position()).isEqualTo(refused.position()));
        assertThat(seen()).isEqualTo(positions(large));
        assertThat(cursor(sink)).contains(large.getLast().position());
        assertThat(write(sink, Orders.batch(after))).isEqualTo(new Outcome.Delivered());
        assertThat(seen()).hasSize(5).doesNotHaveDuplicates();
    }
}
