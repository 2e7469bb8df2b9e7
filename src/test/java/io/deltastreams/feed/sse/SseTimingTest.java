package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SseTimingTest {

    private static final Duration SOON = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMinutes(1);

    private Shop shop = SseShop.open(Quick.PATIENT);

    private void configure(Duration heartbeat, Duration progress, Duration stall) {
        configure(heartbeat, progress, LONG, stall);
    }

    private void configure(Duration heartbeat, Duration progress, Duration quiet, Duration stall) {
        shop.close();
        shop = SseShop.open(new Quick(heartbeat, progress, quiet, 100, stall, OptionalInt.empty()));
    }

    @AfterEach
    void close() {
        shop.close();
    }

    @Test
    void a_quiet_feed_sends_comments() {
        configure(SOON, LONG, LONG);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            listener.next();
            assertThat(listener.next()).isEqualTo(new Listener.Event("", "", "", "", ""));
            assertThat(listener.next()).isEqualTo(new Listener.Event("", "", "", "", ""));
        }
    }

    @Test
    void who_hears_of_nothing_for_long_is_told_where_it_stands() {
        configure(LONG, SOON, LONG);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            listener.next();
            Transaction unseen = shop.insert(Shop.OTHERS, "x", 1, 2);
            Listener.Event progress = listener.next();
            assertThat(progress.event()).isEqualTo("progress");
            assertThat(progress.id()).isEqualTo(unseen.last().toString());
            assertThat(progress.data())
                    .isEqualTo("{\"position\":\"%s\",\"committed_at\":\"%s\"}"
                            .formatted(unseen.last(), unseen.committedAt()));
        }
    }

    @Test
    void a_quiet_transaction_is_told_of_at_once() {
        configure(LONG, LONG, Duration.ofNanos(1), LONG);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?where=id+%3E+1")) {
            listener.next();
            listener.next();
            for (int i = 0; i < 3; i++) {
                Transaction unseen = i < 2 ? shop.insert(Shop.OTHERS, "x", 1) : shop.insert(Shop.ORDERS, "x", 1);
                Listener.Event progress = listener.delta();
                assertThat(progress.event()).isEqualTo("progress");
                assertThat(progress.id()).isEqualTo(unseen.last().toString());
            }
        }
    }

    @Test
    void a_socket_that_takes_nothing_is_closed_in_the_end() {
        configure(LONG, LONG, Duration.ofSeconds(2));
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            String large = "z".repeat(1 << 20);
            for (int i = 0; i < 32; i++) {
                shop.insert(Shop.ORDERS, large, i);
            }
            assertThat(shop.orders.subscribers().get()).isOne();
            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> shop.orders.subscribers().get() == 0 && shop.subscribers.count() == 0);
        }
    }

    @Test
    void a_subscriber_that_leaves_is_forgotten() {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            assertThat(shop.orders.subscribers().get()).isOne();
        }
        await().until(() -> shop.orders.subscribers().get() == 0 && shop.subscribers.count() == 0);
    }

    @Test
    void at_the_shutdown_open_feeds_end_cleanly_and_no_new_ones_begin() {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?after=" + Position.START)) {
            listener.next();
            listener.next();
            long begun = System.nanoTime();
            shop.subscribers.drain().join();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
            assertThat(listener.next().event()).isEqualTo("end");
        }
        try (Listener late = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(late.status()).contains(" 503 ");
        }
    }

    @Test
    void at_the_shutdown_it_is_nobodys_error_that_what_an_answer_is_made_from_is_gone() {
        shop.whenLookedAt(() -> {
            shop.subscribers.drain().join();
            throw new IllegalStateException("gone");
        });
        try (Listener late = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(late.status()).contains(" 503 ");
        }
    }
}
