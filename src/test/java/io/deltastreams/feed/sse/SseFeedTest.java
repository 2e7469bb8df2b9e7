package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SseFeedTest {

    private final Shop shop = SseShop.open(Quick.PATIENT);

    @AfterEach
    void close() {
        shop.close();
    }

    @Test
    void a_listener_gets_what_is_committed_while_it_listens() {
        // given
        shop.insert(Shop.ORDERS, "OLD", 1);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(listener.status()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(listener.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
            assertThat(listener.header("cache-control")).isEqualTo("no-cache, no-transform");
            Listener.Event opening = listener.next();
            // when
            Transaction transaction = shop.insert(Shop.ORDERS, "NEW ü", 2, 3);
            // then
            assertThat(Integer.parseInt(opening.retry())).isBetween(1_000, 3_000);
            assertThat(listener.next().id()).isEqualTo("0001-0000000000000001-00000000");
            Listener.Event schema = listener.next();
            assertThat(schema.event()).isEqualTo("schema");
            assertThat(schema.data()).contains("{\"name\":\"amount\",\"type\":\"numeric(12,2)\",\"nullable\":true}");
            Listener.Event first = listener.next();
            assertThat(first.id()).isEqualTo(transaction.first().toString());
            assertThat(first.event()).isEqualTo("insert");
            assertThat(first.data()).contains("\"status\":\"NEW ü\"").doesNotContain("\"last\"");
            assertThat(listener.next().data()).contains("\"last\":true");
        }
    }

    @Test
    void a_feed_starts_where_it_is_told_to() {
        Transaction first = shop.insert(Shop.ORDERS, "A", 1, 2);
        Transaction second = shop.insert(Shop.ORDERS, "B", 3, 4);
        assertThat(firstOf("?from=earliest")).isEqualTo(first.first().toString());
        assertThat(firstOf("?from=" + first.first())).isEqualTo(first.last().toString());
        assertThat(firstOf("?after=" + second.first())).isEqualTo(second.last().toString());
        assertThat(firstOf("?from=2026-11-22T12:00:02Z"))
                .isEqualTo(second.first().toString());
        assertThat(firstOf("?from=2026-11-22T14:00:02%2B02:00"))
                .isEqualTo(second.first().toString());
        assertThat(firstOf("?from=earliest", "Last-Event-ID: " + first.last()))
                .isEqualTo(second.first().toString());
    }

    private String firstOf(String query, String... headers) {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders" + query, headers)) {
            return listener.delta().id();
        }
    }

    @Test
    void a_gap_is_told_and_the_feed_goes_on_behind_it() {
        Position before = shop.insert(Shop.ORDERS, "A", 1).last();
        Position removed = shop.insert(Shop.ORDERS, "B", 2).last();
        Transaction kept = shop.insert(Shop.ORDERS, "C", 3);
        shop.log.cut(removed);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?after=" + before)) {
            Listener.Event gap = listener.delta();
            assertThat(gap.event()).isEqualTo("gap");
            assertThat(gap.id()).isEqualTo(removed.toString());
            assertThat(gap.data()).contains("\"after\":\"" + before + "\",\"removed_up_to\":\"" + removed + "\"");
            assertThat(listener.delta().id()).isEqualTo(kept.first().toString());
        }
    }

    @Test
    void a_new_shape_is_told_before_its_first_delta_and_only_then() {
        shop.insert(Shop.schema(Shop.ORDERS, 1), "A", 1);
        shop.insert(Shop.schema(Shop.ORDERS, 1), "B", 2);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?from=earliest")) {
            listener.next();
            listener.next();
            List<String> events = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                events.add(listener.next().event());
            }
            shop.insert(Shop.schema(Shop.ORDERS, 1), "C", 3);
            shop.insert(Shop.schema(Shop.ORDERS, 2), "D", 4);
            for (int i = 0; i < 3; i++) {
                events.add(listener.next().event());
            }
            assertThat(events).containsExactly("schema", "insert", "insert", "insert", "schema", "insert");
        }
        try (Listener late = new Listener(shop.port(), "/feeds/orders")) {
            late.next();
            late.next();
            assertThat(late.next().data()).contains("\"version\":2");
        }
    }

    @Test
    void every_kind_of_delta_has_its_name() {
        Schema schema = Shop.schema(Shop.ORDERS, 1);
        int commit = shop.nextCommit();
        shop.append(
                List.of(
                        new Change.Insert(new Position(1, commit, 0), schema, Row.of(1L, "A", null)),
                        new Change.Update(new Position(1, commit, 1), schema, null, Row.of(1L, "B", null)),
                        new Change.Delete(new Position(1, commit, 2), schema, Row.of(1L, "B", null)),
                        new Change.Truncate(new Position(1, commit, 3), schema)),
                true);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?from=earliest")) {
            List<String> events = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                events.add(listener.delta().event());
            }
            assertThat(events).containsExactly("insert", "update", "delete", "truncate");
        }
    }

    @Test
    void a_feed_that_fails_says_so_and_ends() {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            listener.next();
            shop.log.breakDown();
            shop.insert(Shop.ORDERS, "A", 1);
            Listener.Event error = listener.delta();
            assertThat(error.event()).isEqualTo("error");
            assertThat(error.retry()).isEqualTo("60000");
            assertThat(listener.next().event()).isEqualTo("end");
        }
    }

    @Test
    void an_event_larger_than_a_chunk_arrives_whole() {
        String large = "ü".repeat(1_000_000);
        shop.insert(Shop.ORDERS, large, 1);
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?from=earliest")) {
            assertThat(listener.delta().data()).contains(large);
        }
    }

    private record Planned(Schema schema, String status, List<Long> ids) {

        private static Planned random(Random random, int version) {
            TableId table = random.nextInt(4) == 0 ? Shop.OTHERS : Shop.ORDERS;
            List<Long> ids =
                    random.longs(1 + random.nextInt(5), 0, 1000).boxed().toList();
            return new Planned(Shop.schema(table, version), "x".repeat(random.nextInt(3000)), ids);
        }

        private boolean isSeen() {
            return schema.relation().equals(Shop.ORDERS);
        }
    }

    /** Invariant 6. */
    @Test
    void who_resumes_gets_everything_once() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Planned> plan = IntStream.range(0, 1000)
                .mapToObj(i -> Planned.random(random, 1 + i / 400))
                .toList();
        int expected = plan.stream()
                .filter(Planned::isSeen)
                .mapToInt(planned -> planned.ids.size())
                .sum();
        List<String> written = Collections.synchronizedList(new ArrayList<>());
        Thread writer = Thread.ofVirtual()
                .start(() -> plan.forEach(planned -> {
                    Transaction transaction = shop.insert(
                            planned.schema,
                            planned.status,
                            planned.ids.stream().mapToLong(id -> id).toArray());
                    if (planned.isSeen()) {
                        transaction
                                .changes()
                                .forEach(change -> written.add(change.position().toString()));
                    }
                }));
        List<String> received = new ArrayList<>();
        String last = Position.START.toString();
        while (received.size() < expected) {
            try (Listener listener = random.nextBoolean()
                    ? new Listener(shop.port(), "/feeds/orders?from=latest", "Last-Event-ID: " + last)
                    : new Listener(shop.port(), "/feeds/orders?after=" + last)) {
                for (int most = random.nextInt(100); most > 0 && received.size() < expected; most--) {
                    last = listener.delta().id();
                    received.add(last);
                }
            }
        }
        writer.join();
        assertThat(received).describedAs("seed " + seed).isEqualTo(written);
    }

    /** Invariants 5 and 8: 200 MB pass by a subscriber that never reads, in a JVM with 512 MB. */
    @Test
    void who_never_reads_changes_nothing_for_others() {
        String row = "r".repeat(100_000);
        try (Listener stalled = new Listener(shop.port(), "/feeds/orders");
                Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            stalled.next();
            listener.next();
            for (int i = 0; i < 200; i++) {
                Transaction transaction = shop.insert(Shop.ORDERS, row, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
                for (Change change : transaction.changes()) {
                    assertThat(listener.delta().id())
                            .isEqualTo(change.position().toString());
                }
            }
            assertThat(shop.orders.subscribers().get()).isEqualTo(2);
            for (int i = 0; i < 50; i++) {
                assertThat(stalled.delta().id()).endsWith("-0000000%d".formatted(i % 10));
            }
        }
    }

    @Test
    void whoever_comes_from_an_instance_whose_history_began_again_more_often_is_told_so() {
        Position only = shop.insert(Shop.ORDERS, "A", 1).last();
        try (Listener listener =
                new Listener(shop.port(), "/feeds/orders", "Last-Event-ID: 0007-0000000000000001-00000000")) {
            Listener.Event gap = listener.delta();
            assertThat(gap.event()).isEqualTo("gap");
            assertThat(gap.id()).isEqualTo(Position.START.toString());
            assertThat(gap.data())
                    .contains("\"after\":\"0007-0000000000000001-00000000\"")
                    .contains("from=snapshot");
            assertThat(listener.delta().id()).isEqualTo(only.toString());
        }
    }
}
