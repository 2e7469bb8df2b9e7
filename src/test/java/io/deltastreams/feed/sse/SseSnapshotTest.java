package io.deltastreams.feed.sse;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.Quick;
import io.deltastreams.feed.Shop;
import io.deltastreams.feed.ToldOrigin;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.state.State;
import io.deltastreams.state.StateSettings;
import io.deltastreams.state.StateStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ?from=snapshot}: the rows as they are now, then changes. */
@SuppressWarnings("NullAway.Init") // opened before each test
class SseSnapshotTest {

    @TempDir
    Path folder;

    private final FeedConfig config = Quick.PATIENT;
    private final ToldOrigin origin = new ToldOrigin();
    private State state;
    private Shop shop;

    @BeforeEach
    void open() throws IOException {
        Path log = Files.createDirectory(folder.resolve("log"));
        shop = new Shop(config, (codecs, subscribers) -> new SseFeeds(codecs, config, subscribers), kept -> {
            state = state(log, kept);
            return Optional.of(state);
        });
    }

    private State state(Path log, ChangeLog kept) {
        return new State(new StateSettings(folder.resolve("state"), log, 8 << 20), kept, origin);
    }

    @AfterEach
    void close() {
        shop.close();
    }

    private void awaitState(Position position) {
        Awaitility.await().until(() -> state.status().position().equals(Optional.of(position)));
    }

    private Listener listen(String query, String... headers) {
        return new Listener(shop.port(), "/feeds/orders?from=snapshot" + query, headers);
    }

    private static List<Listener.Event> upTo(Listener listener, String event) {
        List<Listener.Event> events = new ArrayList<>();
        do {
            events.add(listener.delta());
        } while (!List.of(event, "end").contains(events.getLast().event()));
        return events;
    }

    @Test
    void rows_come_without_an_id_then_their_position_then_what_follows() {
        Schema schema = Shop.schema(Shop.ORDERS, 1);
        shop.insert(Shop.ORDERS, "A", 2, 1, 3);
        int commit = shop.nextCommit();
        Transaction last = shop.append(
                List.of(
                        new Change.Delete(new Position(1, commit, 0), schema, Row.of(3L, "A", null)),
                        new Change.Update(new Position(1, commit, 1), schema, null, Row.of(2L, "B", null))),
                true);
        awaitState(last.last());
        try (Listener listener = listen("")) {
            Listener.Event begin = listener.delta();
            assertThat(begin.event()).isEqualTo("snapshot-begin");
            assertThat(begin.id()).isEmpty();
            assertThat(begin.data()).isEqualTo("{\"position\":\"%s\"}".formatted(last.last()));
            List<Listener.Event> rows = upTo(listener, "snapshot-end");
            Listener.Event end = rows.removeLast();
            assertThat(rows).extracting(Listener.Event::event).containsOnly("insert");
            assertThat(rows).extracting(Listener.Event::id).containsOnly("");
            assertThat(rows.getFirst().data()).contains("\"key\":{\"id\":1}").contains("\"snapshot\":true");
            assertThat(rows.getLast().data()).contains("\"after\":{\"id\":2,\"status\":\"B\"");
            assertThat(rows).hasSize(2);
            assertThat(end.id()).isEqualTo(last.last().toString());
            assertThat(end.data()).isEqualTo("{\"position\":\"%s\",\"rows\":2}".formatted(last.last()));

            Transaction next = shop.insert(Shop.ORDERS, "C", 4);
            assertThat(listener.delta().id()).isEqualTo(next.first().toString());
        }
    }

    @Test
    void rows_are_narrowed_like_changes() {
        awaitState(shop.insert(Shop.ORDERS, "A", 1, 2, 3).last());
        try (Listener listener = listen("&where=id+%3E+1&select=id")) {
            assertThat(upTo(listener, "snapshot-end").subList(1, 3))
                    .extracting(Listener.Event::data)
                    .allMatch(data -> data.matches(".*\"after\":\\{\"id\":[23]}.*"));
        }
    }

    @Test
    void whoever_comes_back_resumes_and_gets_rows_only_where_history_is_missing() {
        Position missed = shop.insert(Shop.ORDERS, "0", 0).last();
        Position first = shop.insert(Shop.ORDERS, "A", 1).last();
        Position second = shop.insert(Shop.ORDERS, "B", 2).last();
        awaitState(second);
        try (Listener listener = listen("", "Last-Event-ID: " + first)) {
            assertThat(listener.delta().id()).isEqualTo(second.toString());
        }
        awaitState(shop.insert(Shop.ORDERS, "C", 3).last());
        shop.log.cut(second);
        for (Listener each : List.of(listen("", "Last-Event-ID: " + missed), listen("&after=" + missed))) {
            try (Listener listener = each) {
                Listener.Event gap = listener.delta();
                assertThat(gap.event()).isEqualTo("gap");
                assertThat(gap.id()).isEmpty();
                assertThat(gap.data())
                        .contains("\"removed_up_to\":\"" + second + "\"")
                        .contains("from=snapshot");
                assertThat(upTo(listener, "snapshot-end"))
                        .extracting(Listener.Event::event)
                        .containsExactly("snapshot-begin", "insert", "insert", "insert", "insert", "snapshot-end");
            }
        }
    }

    @Test
    void a_new_epoch_brings_the_rows_again_to_whoever_is_connected() {
        awaitState(shop.insert(Shop.ORDERS, "A", 1).last());
        try (Listener listener = listen("")) {
            upTo(listener, "snapshot-end");
            origin.tell(new Coverage(Coverage.Snapshot.RUNNING, Set.of(), Set.of()));
            shop.beginAgain();
            Listener.Event gap = listener.delta();
            assertThat(gap.event()).isEqualTo("gap");
            assertThat(gap.data()).contains("\"reason\":\"epoch\"");
            Position last = shop.insert(Shop.ORDERS, "B", 7).last();
            origin.tell(Coverage.WHOLE);
            List<Listener.Event> rows = upTo(listener, "snapshot-end");
            assertThat(rows.getLast().id()).isEqualTo(last.toString());
            assertThat(rows.get(1).data()).contains("\"key\":{\"id\":7}");
        }
    }

    @Test
    void nobody_gets_rows_before_the_source_has_read_them_all() {
        origin.tell(new Coverage(Coverage.Snapshot.RUNNING, Set.of(), Set.of()));
        awaitState(shop.insert(Shop.ORDERS, "A", 1).last());
        try (Listener listener = listen("")) {
            Awaitility.await().until(() -> state.status().message().startsWith("the source's snapshot"));
            Position last = shop.insert(Shop.ORDERS, "B", 2).last();
            awaitState(last);
            origin.tell(Coverage.WHOLE);
            assertThat(upTo(listener, "snapshot-end").getLast().data()).contains("\"rows\":2");
        }
    }

    @Test
    void where_there_will_never_be_rows_it_is_said() {
        origin.tell(new Coverage(Coverage.Snapshot.NEVER, Set.of(), Set.of()));
        shop.insert(Shop.ORDERS, "A", 1);
        try (Listener listener = listen("")) {
            Listener.Event error = listener.delta();
            assertThat(error.event()).isEqualTo("error");
            assertThat(error.data()).contains("snapshot: never");
            assertThat(listener.next().event()).isEqualTo("end");
        }
    }

    @Test
    void a_subscriber_that_goes_amid_rows_leaves_nothing_open() {
        Transaction last = null;
        for (int i = 0; i < 30; i++) {
            long[] ids = new long[200];
            for (int j = 0; j < ids.length; j++) {
                ids[j] = i * 200L + j;
            }
            last = shop.insert(Shop.ORDERS, "x".repeat(2000), ids);
        }
        awaitState(Objects.requireNonNull(last).last());
        for (int i = 0; i < 20; i++) {
            try (Listener listener = listen("")) {
                assertThat(listener.delta().event()).isEqualTo("snapshot-begin");
                listener.delta();
            }
        }
        Awaitility.await()
                .untilAsserted(() -> assertThat(state.status())
                        .extracting(StateStatus::readers)
                        .isEqualTo(0));
    }

    @Test
    void the_end_of_the_state_ends_the_feed() {
        awaitState(shop.insert(Shop.ORDERS, "A", 1).last());
        origin.tell(new Coverage(Coverage.Snapshot.RUNNING, Set.of(), Set.of()));
        Awaitility.await().until(() -> !state.status().message().isEmpty());
        try (Listener listener = listen("")) {
            listener.next();
            state.close();
            assertThat(listener.delta().event()).isEqualTo("end");
        }
    }

    @Test
    void without_a_state_it_is_refused() throws IOException {
        try (Shop stateless = SseShop.open(config);
                Listener listener = new Listener(stateless.port(), "/feeds/orders?from=snapshot")) {
            assertThat(listener.status()).isEqualTo("HTTP/1.1 400 Bad Request");
            assertThat(listener.body()).contains("state: off").contains("\"parameter\":\"from\"");
        }
    }
}
