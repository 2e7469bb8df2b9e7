package io.deltastreams.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CatchingUpTest {

    private final CatchingUp catchingUp =
            new CatchingUp(task -> Thread.ofVirtual().start(task));

    private <T> CompletableFuture<T> ask(java.util.function.Supplier<T> work) {
        return catchingUp.inTurn(work).subscribeAsCompletionStage();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void work_is_done_one_after_the_other_in_the_order_in_which_it_is_asked_for() {
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger atOnce = new AtomicInteger();
        List<Integer> order = new ArrayList<>();
        CompletableFuture<Boolean> first = ask(() -> {
            await(begun);
            return true;
        });
        List<CompletableFuture<Boolean>> all = IntStream.range(0, 100)
                .mapToObj(i -> ask(() -> {
                    assertThat(atOnce.incrementAndGet()).isOne();
                    order.add(i);
                    atOnce.decrementAndGet();
                    return true;
                }))
                .toList();
        begun.countDown();
        all.forEach(
                each -> assertThat(each.orTimeout(20, TimeUnit.SECONDS).join()).isTrue());
        assertThat(first).isCompletedWithValue(true);
        assertThat(order).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void what_fails_fails_for_itself_and_what_nobody_waits_for_is_not_done() {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Boolean> failing = ask(() -> {
            await(begun);
            throw new IllegalStateException("no");
        });
        AtomicInteger done = new AtomicInteger();
        CompletableFuture<Integer> gone = ask(done::incrementAndGet);
        CompletableFuture<Integer> last = ask(() -> 7);
        gone.cancel(false);
        begun.countDown();
        assertThat(last.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(7);
        assertThatThrownBy(failing::join).hasRootCauseMessage("no");
        assertThat(done).hasValue(0);
    }
}
