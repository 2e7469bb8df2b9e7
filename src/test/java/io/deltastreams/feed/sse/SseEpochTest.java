package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What readers are told when the source's history begins again. */
class SseEpochTest {

    private static final String SECOND = Position.beginning(2).toString();

    private final Shop shop = SseShop.open(Quick.PATIENT);

    @AfterEach
    void close() {
        shop.close();
    }

    private static List<String> events(Listener listener, int count) {
        return Stream.generate(listener::delta)
                .limit(count)
                .map(Listener.Event::event)
                .toList();
    }

    @Test
    void a_listener_is_told_before_the_first_event_of_the_new_history() {
        Transaction before = shop.insert(Shop.ORDERS, "A", 1);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            shop.beginAgain();
            shop.insert(Shop.ORDERS, "B", 2);

            Listener.Event gap = listener.delta();
            assertThat(gap.event()).isEqualTo("gap");
            assertThat(gap.id()).isEqualTo(SECOND);
            assertThat(gap.data())
                    .contains("\"reason\":\"epoch\",\"after\":\"%s\",\"begins_at\":\"%s\""
                            .formatted(before.last(), SECOND))
                    .contains("the source's history began again");
            assertThat(events(listener, 2)).containsExactly("truncate", "insert");
        }
    }

    @Test
    void whoever_comes_back_is_told_of_each_new_history_that_it_has_not_entered() {
        Transaction first = shop.insert(Shop.ORDERS, "A", 1, 2);
        shop.beginAgain();
        shop.insert(Shop.ORDERS, "B", 3);
        shop.beginAgain();

        try (Listener old = new Listener(shop.port(), "/feeds/orders", "Last-Event-ID: " + first.first())) {
            assertThat(events(old, 6)).containsExactly("insert", "gap", "truncate", "insert", "gap", "truncate");
        }
        try (Listener told = new Listener(shop.port(), "/feeds/orders", "Last-Event-ID: " + SECOND)) {
            assertThat(events(told, 4)).containsExactly("truncate", "insert", "gap", "truncate");
        }
    }

    @Test
    void the_first_history_is_no_gap() {
        shop.beginAgain();
        shop.insert(Shop.ORDERS, "A", 1);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?from=earliest")) {
            assertThat(events(listener, 2)).containsExactly("truncate", "insert");
        }
    }

    @Test
    void a_new_history_without_a_delta_for_the_reader_is_told_before_the_reader_moves_on() {
        Transaction before = shop.insert(Shop.ORDERS, "A", 1);
        shop.nextEpoch();
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?after=" + before.last())) {
            shop.insert(Shop.OTHERS, "B", 2);
            assertThat(events(listener, 1)).containsExactly("gap");
            shop.insert(Shop.ORDERS, "C", 3);
            assertThat(events(listener, 1)).containsExactly("insert");
        }
    }

    @Test
    void a_narrowed_feed_is_told_too() {
        Transaction before = shop.insert(Shop.ORDERS, "A", 1);
        shop.beginAgain();
        shop.insert(Shop.ORDERS, "B", 2);
        shop.insert(Shop.ORDERS, "A", 3);
        String query = "?select=id&where=status%20%3D%20'A'&after=" + before.last();
        try (Listener listener = new Listener(shop.port(), "/feeds/orders" + query)) {
            assertThat(events(listener, 3)).containsExactly("gap", "truncate", "insert");
        }
    }
}
