package io.deltastreams.feed.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PagesTest {

    private final Shop shop =
            new Shop(Quick.PATIENT, (codecs, subscribers) -> new Pages(codecs, Quick.PATIENT, subscribers));
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        http.shutdownNow();
        shop.close();
    }

    private HttpRequest.Builder request(String query) {
        return HttpRequest.newBuilder(URI.create("http://localhost:%d/feeds/orders%s".formatted(shop.port(), query)))
                .header("Accept", "application/json");
    }

    private HttpResponse<String> get(String query) {
        return http.sendAsync(request(query).build(), HttpResponse.BodyHandlers.ofString())
                .join();
    }

    private static String header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static List<Long> ids(JsonObject page) {
        List<Long> ids = new ArrayList<>();
        JsonArray deltas = page.getJsonArray("deltas");
        for (int i = 0; i < deltas.size(); i++) {
            ids.add(deltas.getJsonObject(i).getJsonObject("key").getLong("id"));
        }
        return ids;
    }

    private static String next(HttpResponse<String> answer) {
        return header(answer, "link").replaceFirst("<(.*)>; rel=\"next\"", "$1");
    }

    @Test
    void a_page_says_what_it_is_read_behind_and_where_the_next_one_begins() {
        Transaction first = shop.insert(Shop.ORDERS, "PAID", 1, 2);
        shop.insert(Shop.ORDERS, "PAID", 3);

        HttpResponse<String> answer = get("?from=earliest&limit=2");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(header(answer, "content-type")).isEqualTo("application/json");
        JsonObject page = new JsonObject(answer.body());
        assertThat(page.getString("stream")).isEqualTo("orders");
        assertThat(page.getString("after")).isEqualTo(Position.START.toString());
        assertThat(page.getString("next")).isEqualTo(first.last().toString());
        assertThat(page.getBoolean("more")).isTrue();
        assertThat(ids(page)).containsExactly(1L, 2L);
        assertThat(next(answer)).isEqualTo("?after=" + first.last() + "&limit=2");
    }

    @Test
    void pages_one_after_the_other_are_the_feed_whatever_their_size() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Long> expected = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            if (random.nextInt(4) == 0) {
                shop.insert(Shop.OTHERS, "x", i);
            } else {
                long[] ids = random.longs(1 + random.nextInt(5), 0, 1_000).toArray();
                shop.insert(Shop.ORDERS, "x", ids);
                for (long id : ids) {
                    if (id % 3 == 0) {
                        expected.add(id);
                    }
                }
            }
        }
        List<Long> seen = new ArrayList<>();
        HttpResponse<String> answer =
                get("?from=earliest&where=" + encoded("id % 3 = 0") + "&limit=" + (1 + random.nextInt(40)));
        while (true) {
            JsonObject page = new JsonObject(answer.body());
            seen.addAll(ids(page));
            if (!page.getBoolean("more")) {
                break;
            }
            answer = get(next(answer));
        }
        assertThat(seen).as("seed %d", seed).isEqualTo(expected);
    }

    @Test
    void a_full_page_is_the_same_for_ever_and_the_last_one_is_asked_for_again() {
        Position first = shop.insert(Shop.ORDERS, "PAID", 1).last();
        shop.insert(Shop.ORDERS, "PAID", 2, 3);
        HttpResponse<String> full = get("?after=%s&limit=2".formatted(first));
        assertThat(header(full, "cache-control")).isEqualTo("public, max-age=3600, immutable");
        assertThat(header(full, "vary")).isEqualTo("Accept, Last-Event-ID");

        HttpResponse<String> atEnd = get("?after=%s&limit=3".formatted(first));
        assertThat(header(atEnd, "cache-control")).isEqualTo("no-cache");
        assertThat(header(get("?from=earliest&limit=1"), "cache-control")).isEqualTo("no-cache");

        shop.insert(Shop.ORDERS, "PAID", 4);
        assertThat(get("?after=%s&limit=2".formatted(first)).body()).isEqualTo(full.body());
    }

    @Test
    void whoever_has_the_page_already_does_not_get_it_again() throws Exception {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();
        shop.insert(Shop.ORDERS, "PAID", 2);
        String tag = header(get("?after=" + before), "etag");
        HttpRequest again =
                request("?after=" + before).header("If-None-Match", tag).build();

        HttpResponse<String> known = http.send(again, HttpResponse.BodyHandlers.ofString());
        assertThat(known.statusCode()).isEqualTo(304);
        assertThat(known.body()).isEmpty();

        shop.insert(Shop.ORDERS, "PAID", 3);
        assertThat(http.send(again, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_page_that_would_be_empty_waits_for_its_first_delta() {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();
        CompletableFuture<HttpResponse<String>> waiting = http.sendAsync(
                request("?after=%s&wait=30s".formatted(before)).build(), HttpResponse.BodyHandlers.ofString());
        shop.insert(Shop.OTHERS, "x", 1);
        shop.insert(Shop.ORDERS, "PAID", 7);

        JsonObject page = new JsonObject(waiting.join().body());

        assertThat(ids(page)).containsExactly(7L);
        assertThat(page.getString("after")).isEqualTo(before.toString());
    }

    @Test
    void a_page_that_waited_for_nothing_says_how_far_everything_was_seen() {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();
        Position other = shop.insert(Shop.OTHERS, "x", 1).last();

        JsonObject page =
                new JsonObject(get("?after=%s&wait=50ms".formatted(before)).body());

        assertThat(ids(page)).isEmpty();
        assertThat(page.getString("next")).isEqualTo(other.toString());
        assertThat(page.getBoolean("more")).isFalse();
    }

    @Test
    void a_shutdown_does_not_wait_for_whoever_waits() {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();
        CompletableFuture<HttpResponse<String>> waiting = http.sendAsync(
                request("?after=%s&wait=60s".formatted(before)).build(), HttpResponse.BodyHandlers.ofString());
        await().until(() -> shop.subscribers.count() == 1);

        shop.subscribers.drain().join();

        assertThat(waiting.join().statusCode()).isEqualTo(503);
        await().until(() -> shop.subscribers.count() == 0);
    }

    @Test
    void whoever_waits_while_the_log_is_closed_is_asked_to_come_back() {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();
        CompletableFuture<HttpResponse<String>> waiting = http.sendAsync(
                request("?after=%s&wait=60s".formatted(before)).build(), HttpResponse.BodyHandlers.ofString());
        await().until(shop.log::isWaitedFor);

        shop.log.close();

        assertThat(waiting.join().statusCode()).isEqualTo(503);
        assertThat(header(waiting.join(), "retry-after")).isEqualTo("2");
        await().until(() -> shop.subscribers.count() == 0);
    }

    @Test
    void the_log_forgets_whoever_waited_long_enough() {
        Position before = shop.insert(Shop.ORDERS, "PAID", 1).last();

        get("?after=%s&wait=50ms".formatted(before));

        assertThat(shop.log.isWaitedFor()).isFalse();
    }

    /** Invariant 6. */
    @Test
    void a_page_ends_with_its_epoch_and_the_next_one_tells_the_gap() {
        Position first = shop.insert(Shop.ORDERS, "PAID", 1).last();
        Position second = shop.insert(Shop.ORDERS, "PAID", 2).last();
        shop.beginAgain();
        shop.insert(Shop.ORDERS, "PAID", 9);

        HttpResponse<String> old = get("?after=" + first);
        assertThat(ids(new JsonObject(old.body()))).containsExactly(2L);
        assertThat(header(old, "cache-control")).contains("immutable");
        assertThat(new JsonObject(old.body()).containsKey("gap")).isFalse();

        JsonObject next = new JsonObject(get(next(old)).body());
        assertThat(next.getJsonObject("gap").getString("reason")).isEqualTo("epoch");
        assertThat(next.getJsonObject("gap").getString("after")).isEqualTo(second.toString());
        assertThat(next.getJsonObject("gap").getString("begins_at"))
                .isEqualTo(Position.beginning(2).toString());
        assertThat(next.getJsonArray("deltas")).hasSize(2);
    }

    /** Invariant 6. */
    @Test
    void history_that_retention_removed_is_gone() {
        Position first = shop.insert(Shop.ORDERS, "PAID", 1).last();
        Position second = shop.insert(Shop.ORDERS, "PAID", 2).last();
        shop.insert(Shop.ORDERS, "PAID", 3);
        shop.log.cut(second);

        HttpResponse<String> answer = get("?after=" + first);

        assertThat(answer.statusCode()).isEqualTo(410);
        assertThat(header(answer, "content-type")).isEqualTo("application/problem+json");
        assertThat(answer.body()).contains(first.toString()).contains(second.toString());
        assertThat(ids(new JsonObject(get("?after=" + second).body()))).containsExactly(3L);
    }

    @Test
    void a_row_that_cannot_be_judged_is_told_by_the_page_that_begins_with_it() {
        Transaction rows = shop.insertUnjudgeable();
        HttpResponse<String> before = get("?from=earliest&where=" + encoded("1 / amount > 0"));
        assertThat(ids(new JsonObject(before.body()))).containsExactly(1L);
        assertThat(header(before, "cache-control")).isEqualTo("no-cache");

        HttpResponse<String> answer = get(next(before));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("\"parameter\":\"where\"")
                .contains(rows.last().toString())
                .contains("zero");
    }

    @Test
    void lines_hold_a_delta_each() {
        shop.insert(Shop.ORDERS, "PAID", 1, 2, 3);
        HttpResponse<String> answer = http.sendAsync(
                        request("?from=earliest&limit=2")
                                .setHeader("Accept", "application/x-ndjson, application/json;q=0.5")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .join();
        assertThat(header(answer, "content-type")).isEqualTo("application/x-ndjson");
        assertThat(answer.body()
                        .lines()
                        .map(line -> new JsonObject(line).getJsonObject("key").getLong("id")))
                .containsExactly(1L, 2L);
        assertThat(next(answer)).endsWith("&limit=2").contains(header(answer, "ds-next"));
    }

    @Test
    void one_row_is_followed_by_its_key() {
        shop.insert(Shop.ORDERS, "OPEN", 1, 2);
        shop.insert(Shop.ORDERS, "PAID", 2, 3);
        assertThat(new JsonObject(get("?from=earliest&key=2").body()).getJsonArray("deltas"))
                .hasSize(2)
                .allSatisfy(delta -> assertThat(
                                ((JsonObject) delta).getJsonObject("after").getLong("id"))
                        .isEqualTo(2));
        assertThat(ids(new JsonObject(get("?from=earliest&key=2&where=" + encoded("status = 'PAID'"))
                        .body())))
                .containsExactly(2L);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            ?limit=0          | limit | a number from 1 to 10000
            ?limit=many       | limit | a number from 1 to 10000
            ?limit=10001      | limit | a number from 1 to 10000
            ?wait=soon        | wait  | a duration such as 20s, 60s at most
            ?wait=2m          | wait  | a duration such as 20s, 60s at most
            ?limt=3           | limt  | did you mean 'limit'?
            ?key=x            | key   | 'x'
            ?key=1&key=2      | key   | the key of 'orders' is id
            ?after=x          | after | 'x' is no position
            """)
    void a_wrong_parameter_is_told_what_would_be_right(String query, String parameter, String hint) {
        // From its first row on this stream knows its columns; those of a pipeline do from the start.
        shop.insert(Shop.ORDERS, "PAID", 1);
        get("?from=earliest");

        HttpResponse<String> answer = get(query);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("\"parameter\":\"" + parameter + "\"")
                .contains(hint);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
