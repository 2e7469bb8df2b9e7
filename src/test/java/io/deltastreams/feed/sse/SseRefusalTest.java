package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.OptionalInt;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SseRefusalTest {

    private final Shop shop = SseShop.open(Quick.admitting(1, OptionalInt.empty()));

    @AfterEach
    void close() {
        shop.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            /feeds/ordres                                | 404 | did you mean 'orders'?
            /feeds/x                                     | 404 | known here: orders
            /feeds/silent                                | 404 | streams.silent.to.feed: {}
            /feeds/orders?after=17                       | 400 | '17' is no position; one looks like 0001-
            /feeds/orders?from=yesterday                 | 400 | a time such as 2026-11-22T10:15:30Z
            /feeds/orders?form=earliest                  | 400 | did you mean 'from'?
            /feeds/orders?from=earliest&after=x          | 400 | not both
            """)
    void a_request_that_cannot_be_served_is_told_what_would_be_right(String path, int status, String hint)
            throws Exception {
        try (Listener listener = new Listener(shop.port(), path)) {
            assertThat(listener.status()).contains(" " + status + " ");
            assertThat(listener.header("content-type")).isEqualTo("application/problem+json");
            assertThat(listener.body()).contains("\"status\":" + status).contains(hint);
        }
    }

    @Test
    void a_wrong_event_id_is_told_by_the_header_s_name() throws IOException {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders", "Last-Event-ID: 17")) {
            assertThat(listener.body()).contains("\"parameter\":\"Last-Event-ID\"");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            text/event-stream                            | 200
            text/html, */*;q=0.1                         | 200
            text/*                                       | 200
            text/html                                    | 406
            text/event-stream;q=0                        | 406
            """)
    void a_feed_is_negotiated(String accept, int status) {
        try (Listener listener = new Listener(shop.port(), "/feeds/orders", "Accept: " + accept)) {
            assertThat(listener.status()).contains(" " + status + " ");
        }
    }

    @Test
    void other_methods_are_told_which_one_there_is() throws Exception {
        HttpResponse<String> answer = request("/feeds/orders", "POST");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("allow")).contains("GET");
    }

    @Test
    void the_index_is_left_to_others() throws Exception {
        assertThat(request("/feeds", "GET").body()).doesNotContain("problem").contains("Resource not found");
    }

    @Test
    void before_the_pipeline_has_started_everyone_is_asked_to_come_back() {
        shop.empty();
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(listener.status()).contains(" 503 ");
            assertThat(listener.header("retry-after")).isEqualTo("2");
        }
    }

    @Test
    void of_a_pipeline_that_cannot_run_everyone_is_told_why() throws IOException {
        shop.fail("f.yaml:3:5: unknown key; did you mean 'from'?");
        try (Listener listener = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(listener.status()).contains(" 503 ");
            assertThat(listener.body()).contains("f.yaml:3:5: unknown key; did you mean 'from'?");
        }
    }

    @Test
    void one_more_than_there_may_be_is_asked_to_come_back() throws IOException {
        try (Listener _ = listening();
                Listener second = new Listener(shop.port(), "/feeds/orders")) {
            assertThat(second.status()).contains(" 503 ");
            assertThat(second.header("retry-after")).isEqualTo("2");
            assertThat(second.body()).contains("1 subscribers are served already");
        }
    }

    @Test
    void one_more_of_a_client_than_there_may_be_is_asked_to_come_back() throws IOException {
        try (Shop limited = SseShop.open(Quick.admitting(100, OptionalInt.of(2)))) {
            try (Listener _ = new Listener(limited.port(), "/feeds/orders");
                    Listener second = new Listener(limited.port(), "/feeds/orders");
                    Listener third = new Listener(limited.port(), "/feeds/orders")) {
                assertThat(second.status()).contains(" 200 ");
                assertThat(third.status()).contains(" 503 ");
                assertThat(third.header("retry-after")).isEqualTo("2");
                assertThat(third.body()).contains("2 feeds of this client are served already");
            }
            Awaitility.await().untilAsserted(() -> {
                try (Listener again = new Listener(limited.port(), "/feeds/orders")) {
                    assertThat(again.status()).contains(" 200 ");
                }
            });
        }
    }

    private Listener listening() {
        Listener listener = new Listener(shop.port(), "/feeds/orders");
        assertThat(listener.status()).contains(" 200 ");
        return listener;
    }

    private HttpResponse<String> request(String path, String method) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + shop.port() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
