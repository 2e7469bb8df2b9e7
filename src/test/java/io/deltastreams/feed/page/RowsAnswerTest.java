package io.deltastreams.feed.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import io.deltastreams.feed.ToldOrigin;
import io.deltastreams.state.State;
import io.deltastreams.state.StateSettings;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ?from=snapshot} as a page: the rows as they are now in one answer, then pages of changes. */
@SuppressWarnings("NullAway.Init") // opened before each test
class RowsAnswerTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    private final Quick config = new Quick(LONG, LONG, LONG, 100, Duration.ofSeconds(1), OptionalInt.empty());
    private final HttpClient http = HttpClient.newHttpClient();
    private final ToldOrigin origin = new ToldOrigin();
    private State state;
    private Shop shop;

    @BeforeEach
    void open() throws IOException {
        Path log = Files.createDirectory(folder.resolve("log"));
        shop = new Shop(config, (codecs, subscribers) -> new Pages(codecs, config, subscribers), kept -> {
            state = new State(new StateSettings(folder.resolve("state"), log, 8 << 20), kept, origin);
            return Optional.of(state);
        });
    }

    @AfterEach
    void close() {
        http.shutdownNow();
        shop.close();
    }

    private void awaitState(Position position) {
        await().atMost(LONG).until(() -> state.status().position().equals(Optional.of(position)));
    }

    private CompletableFuture<HttpResponse<String>> asked(String query, String accept) {
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://localhost:%d/feeds/orders%s".formatted(shop.port(), query)))
                        .header("Accept", accept)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> lines(String query) {
        return asked(query, "application/x-ndjson").join();
    }

    private static String header(HttpResponse<String> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private static List<String> keys(HttpResponse<String> lines) {
        return lines.body()
                .lines()
                .map(line -> new JsonObject(line).getJsonObject("key").encode())
                .toList();
    }

    @Test
    void a_line_for_each_row_and_the_changes_behind_them_on_the_next_pages() {
        Transaction last = shop.insert(Shop.ORDERS, "PAID", 2, 1, 3);
        awaitState(last.last());

        HttpResponse<String> rows = lines("?from=snapshot&limit=2");
        Transaction later = shop.insert(Shop.ORDERS, "PAID", 4);
        HttpResponse<String> next = lines(header(rows, "link").replaceFirst("<(.*)>; rel=\"next\"", "$1"));

        assertThat(rows.statusCode()).isEqualTo(200);
        assertThat(header(rows, "content-type")).isEqualTo("application/x-ndjson");
        assertThat(header(rows, "cache-control")).isEqualTo("no-cache");
        assertThat(header(rows, "ds-next")).isEqualTo(last.last().toString());
        assertThat(keys(rows)).containsExactly("{\"id\":1}", "{\"id\":2}", "{\"id\":3}");
        assertThat(rows.body().lines()).allMatch(line -> line.contains("\"snapshot\":true"));
        assertThat(keys(next)).containsExactly("{\"id\":4}");
        assertThat(header(next, "ds-next")).isEqualTo(later.last().toString());
    }

    @Test
    void as_one_document() {
        Transaction last = shop.insert(Shop.ORDERS, "PAID", 2, 1);
        awaitState(last.last());

        JsonObject page = new JsonObject(
                asked("?from=snapshot", "application/json").join().body());

        assertThat(page.getString("stream")).isEqualTo("orders");
        assertThat(page.getString("next")).isEqualTo(last.last().toString());
        assertThat(page.getBoolean("more")).isFalse();
        assertThat(page.getJsonArray("deltas")).hasSize(2);
    }

    @Test
    void the_narrowing_applies() {
        shop.insert(Shop.ORDERS, "OPEN", 1);
        awaitState(shop.insert(Shop.ORDERS, "PAID", 2).last());

        assertThat(keys(lines("?from=snapshot&where=status+%3D+'PAID'"))).containsExactly("{\"id\":2}");
        assertThat(lines("?from=snapshot&where=status+%3D+'LOST'").body()).isEmpty();
        assertThat(new JsonObject(asked("?from=snapshot&where=status+%3D+'LOST'", "application/json")
                                .join()
                                .body())
                        .getJsonArray("deltas"))
                .isEmpty();
    }

    @Test
    void so_many_rows_as_there_are() {
        long[] ids = LongStream.range(0, 20_000).toArray();
        awaitState(shop.insert(Shop.ORDERS, "x".repeat(100), ids).last());

        assertThat(keys(lines("?from=snapshot"))).hasSize(20_000).doesNotHaveDuplicates();
        assertThat(new JsonObject(asked("?from=snapshot", "application/json")
                                .join()
                                .body())
                        .getJsonArray("deltas"))
                .hasSize(20_000);
        assertThat(state.status().readers()).isZero();
    }

    @Test
    void they_are_waited_for_until_they_are_there() {
        origin.tell(new Coverage(Coverage.Snapshot.RUNNING, Set.of(), Set.of()));
        shop.insert(Shop.ORDERS, "PAID", 1);
        await().until(() -> state.status().message().startsWith("the source's snapshot"));

        CompletableFuture<HttpResponse<String>> asked = asked("?from=snapshot", "application/x-ndjson");
        origin.tell(Coverage.WHOLE);
        awaitState(shop.insert(Shop.ORDERS, "PAID", 2).last());

        assertThat(keys(asked.join())).containsExactly("{\"id\":1}", "{\"id\":2}");
    }

    @Test
    void where_they_will_never_be_there_it_says_why() {
        origin.tell(new Coverage(Coverage.Snapshot.NEVER, Set.of(), Set.of()));
        awaitState(shop.insert(Shop.ORDERS, "PAID", 1).last());

        HttpResponse<String> refused = lines("?from=snapshot");

        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("snapshot: never");
    }

    @Test
    void one_that_cannot_be_told_cuts_the_answer_off() {
        awaitState(shop.insert(Shop.ORDERS, "PAID", 1, 2).last());

        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> lines("?from=snapshot&where=1+%2F+(id+-+2)+%3C+5"))
                .withCauseInstanceOf(IOException.class);
        await().until(() -> state.status().readers() == 0);
    }

    @Test
    void whoever_takes_nothing_or_goes_away_holds_nothing() throws IOException {
        long[] ids = LongStream.range(0, 50_000).toArray();
        awaitState(shop.insert(Shop.ORDERS, "x".repeat(200), ids).last());
        try (Socket slow = asking()) {
            try (Socket gone = asking()) {
                assertThat(gone.isConnected()).isTrue();
                assertThat(state.status().readers()).isPositive();
            }
            assertThat(slow.isConnected()).isTrue();

            await().atMost(LONG).until(() -> state.status().readers() == 0);
        }
    }

    private Socket asking() throws IOException {
        Socket socket = new Socket("localhost", shop.port());
        socket.getOutputStream()
                .write("GET /feeds/orders?from=snapshot HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        return socket;
    }
}
