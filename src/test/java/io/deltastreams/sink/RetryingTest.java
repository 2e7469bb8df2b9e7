package io.deltastreams.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.memory.MemorySinks;
import io.deltastreams.sink.memory.MemoryTarget;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RetryingTest {

    private final StreamId stream = new StreamId("orders");
    private final Orders orders = new Orders(stream, true);
    private final MemorySinks sinks = new MemorySinks();
    private final Counting watch = new Counting();
    private final Sink sink = new Retrying(
            sinks.create("shop", stream, Settings.parse("test", "{}", _ -> null)),
            Duration.ofMillis(1),
            Duration.ofMillis(20),
            watch);
    private final MemoryTarget target = sinks.target("shop", stream);

    private static final class Counting implements Retrying.Watch {
        private final AtomicInteger doubts = new AtomicInteger();
        private final AtomicInteger answers = new AtomicInteger();

        @Override
        public void inDoubt(Outcome.Unknown why) {
            doubts.incrementAndGet();
        }

        @Override
        public void answered() {
            answers.incrementAndGet();
        }
    }

    @Test
    void a_target_that_is_away_gets_everything_once_it_is_back() {
        // given
        target.goAway("gone fishing");
        Delta delta = orders.insert(1, "a");

        // when
        UniAssertSubscriber<Outcome> write =
                sink.write(Orders.batch(delta)).subscribe().withSubscriber(UniAssertSubscriber.create());
        await().until(() -> watch.doubts.get() > 3);
        target.comeBack();

        // then
        write.awaitItem(Duration.ofSeconds(10)).assertItem(new Outcome.Delivered());
        assertThat(target.deltas()).containsExactly(delta);
        assertThat(watch.answers).hasValue(1);
    }

    @Test
    void a_target_that_is_away_from_the_start_is_told_and_asked_again() {
        target.goAway("gone fishing");

        UniAssertSubscriber<Optional<Position>> cursor =
                sink.cursor().subscribe().withSubscriber(UniAssertSubscriber.create());
        await().until(() -> watch.doubts.get() > 3);
        target.comeBack();

        cursor.awaitItem(Duration.ofSeconds(10)).assertItem(Optional.empty());
    }

    @Test
    void a_lost_answer_costs_a_second_copy_and_nothing_else() {
        target.loseAnswers(1);
        Delta delta = orders.insert(1, "a");

        Outcome outcome = sink.write(Orders.batch(delta)).await().atMost(Duration.ofSeconds(10));

        assertThat(outcome).isEqualTo(new Outcome.Delivered());
        assertThat(target.deltas()).containsExactly(delta, delta);
        assertThat(sink.cursor().await().indefinitely()).contains(delta.position());
    }

    @Test
    void what_the_cursor_says_is_there_is_not_written_again() {
        // given
        Delta first = orders.insert(1, "a");
        Delta second = orders.insert(2, "b");
        sink.write(Orders.batch(first)).await().indefinitely();
        target.loseAnswers(1);

        // when
        sink.write(new Deltas(Position.START, List.of(first, second), second.position(), true, false))
                .await()
                .indefinitely();

        // then
        assertThat(target.deltas()).containsExactly(first, first, second, second);
    }

    @Test
    void where_more_than_the_batch_is_missing_it_is_told_from_where() {
        target.loseAnswers(1);
        Delta second = orders.insert(2, "b");
        Position before = new Position(1, 0, 7);

        Outcome outcome = sink.write(new Deltas(before, List.of(second), second.position(), true, false))
                .await()
                .atMost(Duration.ofSeconds(10));

        assertThat(outcome).isEqualTo(new Outcome.Rewound(Position.START));
        assertThat(watch.doubts).hasValue(1);
    }

    @Test
    void poison_is_not_tried_again() {
        Delta delta = orders.insert(1, "a");
        target.poison(delta::equals);

        Outcome outcome = sink.write(Orders.batch(delta)).await().indefinitely();

        assertThat(outcome).isInstanceOf(Outcome.Poisoned.class);
        assertThat(watch.doubts).hasValue(0);
    }

    @Test
    void cancelling_ends_the_attempts() {
        // given
        target.goAway("gone fishing");
        UniAssertSubscriber<Outcome> write = sink.write(Orders.batch(orders.insert(1, "a")))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());
        await().until(() -> watch.doubts.get() > 2);

        // when
        write.cancel();
        // One that is under way at that moment may still end.
        AtomicInteger before = new AtomicInteger();
        await().during(Duration.ofMillis(200)).until(() -> before.getAndSet(watch.doubts.get()) == watch.doubts.get());
        target.comeBack();

        // then
        await().during(Duration.ofMillis(200)).until(() -> target.deltas().isEmpty());
    }
}
