package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SseNarrowingTest {

    private static final Schema SCHEMA = Shop.schema(Shop.ORDERS, 1);

    private final Shop shop = SseShop.open(Quick.PATIENT);

    @AfterEach
    void close() {
        shop.close();
    }

    @Test
    void a_subscriber_gets_the_rows_and_columns_that_it_asks_for() {
        shop.insert(SCHEMA, "OPEN", 1);
        Position paid = shop.insert(SCHEMA, "PAID", 2).first();
        try (Listener listener = listener("status = 'PAID'", "id, lower(status) AS state")) {
            Listener.Event schema = listener.next();
            while (!schema.event().equals("schema")) {
                schema = listener.next();
            }
            assertThat(schema.data()).contains("\"state\"").doesNotContain("amount");
            Listener.Event delta = listener.delta();
            assertThat(delta.id()).isEqualTo(paid.toString());
            assertThat(delta.data()).contains("\"after\":{\"id\":2,\"state\":\"paid\"}");
        }
    }

    /** Invariant 3. */
    @Test
    void the_last_delta_that_is_left_of_a_transaction_is_marked_so() {
        shop.insert(SCHEMA, "x", 1, 2, 3, 50);
        shop.insert(SCHEMA, "x", 60);
        shop.insert(SCHEMA, "x", 4, 70);
        try (Listener listener = listener("id < 10", null)) {
            List<Boolean> last = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                last.add(listener.delta().data().contains("\"last\":true"));
            }
            assertThat(last).containsExactly(false, false, true, true);
        }
    }

    @Test
    void a_row_that_cannot_be_judged_ends_the_feed_with_the_reason() {
        Transaction rows = shop.insertUnjudgeable();
        try (Listener listener = listener("1 / amount > 0", null)) {
            assertThat(listener.delta().id()).isEqualTo(rows.first().toString());
            Listener.Event error = listener.delta();
            assertThat(error.event()).isEqualTo("error");
            assertThat(error.data()).contains(rows.last().toString()).contains("zero");
            assertThat(listener.next().event()).isEqualTo("end");
        }
    }

    @Test
    void a_column_that_is_added_is_told_and_one_that_vanishes_ends_those_who_filter_on_it() {
        Schema wide = Shop.schema(Shop.ORDERS, 2);
        Schema narrow = new Schema(
                Shop.ORDERS, 3, List.of(wide.columns().get(0), wide.columns().get(1)), wide.key());
        shop.insert(Shop.schema(Shop.ORDERS, 1), "A", 1);
        try (Listener filtering = listener("amount IS NULL", null);
                Listener selecting = listener("id > 0", "id, amount");
                Listener indifferent = listener("id > 0", null)) {
            for (Listener each : List.of(filtering, selecting, indifferent)) {
                assertThat(each.delta().event()).isEqualTo("insert");
            }
            shop.insert(wide, "B", 2);
            for (Listener each : List.of(filtering, selecting, indifferent)) {
                assertThat(each.delta().data()).contains("\"key\":{\"id\":2}");
            }
            Transaction without = shop.insert(narrow, "C", 3);
            for (Listener each : List.of(filtering, selecting)) {
                Listener.Event error = each.delta();
                assertThat(error.event()).isEqualTo("error");
                assertThat(error.data())
                        .contains("amount")
                        .contains(without.first().toString());
                assertThat(each.next().event()).isEqualTo("end");
            }
            assertThat(indifferent.delta().data()).contains("\"key\":{\"id\":3}");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            where  | status = = 'PAID'
            where  | stats = 'PAID'
            where  | id
            select | id, stats
            """)
    void what_is_no_sql_or_does_not_fit_is_told_with_its_place(String parameter, String text) throws IOException {
        shop.insert(SCHEMA, "x", 1);
        try (Listener first = new Listener(shop.port(), "/feeds/orders?from=earliest")) {
            first.delta();
        }
        try (Listener listener = new Listener(shop.port(), "/feeds/orders?" + parameter + "=" + encoded(text))) {
            assertThat(listener.status()).contains(" 400 ");
            assertThat(listener.body())
                    .contains("\"parameter\":\"" + parameter + "\"")
                    .contains("line 1, column ");
        }
    }

    @Test
    void who_narrows_and_resumes_gets_everything_that_is_left_once() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            long[] ids = random.longs(1 + random.nextInt(5), 0, 20).toArray();
            for (Change change :
                    shop.insert(SCHEMA, "y".repeat(random.nextInt(5000)), ids).changes()) {
                if (change instanceof Change.Insert insert && insert.after().get(0) instanceof Long id && id < 10) {
                    expected.add(change.position().toString());
                }
            }
        }
        List<String> received = new ArrayList<>();
        String last = Position.START.toString();
        while (received.size() < expected.size()) {
            try (Listener listener = listener("id < 10", null, "Last-Event-ID: " + last)) {
                for (int most = random.nextInt(50); most > 0 && received.size() < expected.size(); most--) {
                    last = listener.delta().id();
                    received.add(last);
                }
            }
        }
        assertThat(received).describedAs("seed " + seed).isEqualTo(expected);
    }

    private Listener listener(String where, @Nullable String select, String... headers) {
        String selection = select == null ? "" : "&select=" + encoded(select);
        return new Listener(shop.port(), "/feeds/orders?from=earliest&where=" + encoded(where) + selection, headers);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
