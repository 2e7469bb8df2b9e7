package io.deltastreams.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogClosed;
import io.deltastreams.log.LogSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.transform.StreamProgram;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // opened before each test
class DeltaStreamTest {

    private static final TableId ORDERS = new TableId("public", "orders");
    private static final Schema SCHEMA = new Schema(
            ORDERS,
            1,
            List.of(new Column("id", Type.Simple.INT32, false), new Column("amount", Type.Simple.INT32, false)),
            List.of(0));

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @TempDir
    Path shapes;

    private ChangeLog log;
    private int commits;
    private Pacing pacing = Pacing.FREE;
    private final List<String> rejected = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        log = ChangeLog.open(LogSettings.at(folder));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private DeltaStream stream(String declaration) {
        Settings settings = Settings.parse("f.yaml", declaration, _ -> null);
        StreamProgram program = StreamProgram.read(new StreamId("orders"), settings);
        settings.check();
        return new DeltaStream(
                new Shapes(program, shapes.resolve("orders")),
                log,
                Optional.empty(),
                (stream, change, reason) -> rejected.add(reason),
                new RecentReadings(1),
                pacing,
                task -> Thread.ofVirtual().start(task));
    }

    /** One transaction that inserts a row per amount. */
    private void commit(int... amounts) {
        commits++;
        List<Change> changes = IntStream.range(0, amounts.length)
                .<Change>mapToObj(i ->
                        new Change.Insert(new Position(1, commits, i), SCHEMA, Row.of(100 * commits + i, amounts[i])))
                .toList();
        Transaction transaction = new Transaction(
                Integer.toString(commits), Transaction.Kind.COMMIT, Instant.ofEpochSecond(commits), changes, true);
        log.append(new Batch(List.of(transaction), new ResumeToken(""))).join();
    }

    private static Reading.Deltas next(DeltaStream stream, Position after) {
        return (Reading.Deltas) stream.next(after).await().atMost(Duration.ofSeconds(10));
    }

    @Test
    void a_reader_that_has_to_read_from_disk_waits_for_its_turn_and_no_other_does() throws IOException {
        commit(1);
        log.close();
        log = ChangeLog.open(LogSettings.at(folder));
        Position end = log.last().orElseThrow();
        commit(2);
        CompletableFuture<Void> turn = new CompletableFuture<>();
        pacing = () -> Uni.createFrom().completionStage(turn);
        DeltaStream stream = stream("from: public.orders");

        CompletableFuture<Reading> behind = stream.next(Position.START).subscribeAsCompletionStage();
        assertThat(stream.next(end).await().atMost(PATIENCE)).isInstanceOf(Reading.Deltas.class);
        assertThat(stream.nextFew(Position.START, Pacing.FREE).await().atMost(PATIENCE))
                .isInstanceOf(Reading.Deltas.class);
        assertThat(behind).isNotDone();
        turn.complete(null);
        assertThat(behind).succeedsWithin(PATIENCE);
    }

    @Test
    void readers_at_the_same_place_share_one_reading() {
        DeltaStream stream = stream("from: public.orders");
        commit(1, 2);

        Reading.Deltas one = next(stream, Position.START);
        Reading.Deltas other = next(stream, Position.START);

        assertThat(one).isSameAs(other);
        assertThat(stream.produced()).isEqualTo(2);
        assertThat(one.derived("size", Integer.class, deltas -> deltas.deltas().size()))
                .isEqualTo(2);
    }

    @Test
    void a_reader_that_is_behind_gets_a_few_readings_in_one() {
        DeltaStream stream = stream("from: public.orders");
        for (int i = 0; i < 12; i++) {
            commit(IntStream.range(0, 3_000).toArray());
        }
        List<Delta> all = new ArrayList<>();
        Position at = Position.START;
        int few = 0;
        while (stream.latest().isAfter(at)) {
            Reading.Deltas one = next(stream, at);
            Reading.Deltas several =
                    (Reading.Deltas) stream.nextFew(at, Pacing.FREE).await().atMost(Duration.ofSeconds(10));
            assertThat(several.deltas()).startsWith(one.deltas().toArray(Delta[]::new));
            all.addAll(several.deltas());
            at = several.upTo();
            few++;
        }

        assertThat(all.stream().map(Delta::position))
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSize(36_000);
        assertThat(few)
                .isLessThan(stream.from(Position.START)
                        .select()
                        .first(reading -> reading instanceof Reading.Deltas deltas
                                && stream.latest().isAfter(deltas.upTo()))
                        .collect()
                        .asList()
                        .await()
                        .atMost(Duration.ofSeconds(10))
                        .size());
    }

    @Test
    void a_stream_that_stops_gives_what_stands_before_the_change_first() {
        DeltaStream stream = stream("from: public.orders\nselect: [id, 10 / amount AS share]");
        commit(1, 0, 1);
        commit(1);

        Reading.Deltas before = (Reading.Deltas)
                stream.nextFew(Position.START, Pacing.FREE).await().atMost(Duration.ofSeconds(10));
        Reading stopped = stream.nextFew(before.upTo(), Pacing.FREE).await().atMost(Duration.ofSeconds(10));

        assertThat(before.deltas()).hasSize(1);
        assertThat(stopped).isInstanceOf(Reading.Stopped.class);
    }

    @Test
    void a_reader_waits_until_something_stands_behind_it() {
        DeltaStream stream = stream("from: public.orders");
        UniAssertSubscriber<Reading> reader =
                stream.next(Position.START).subscribe().withSubscriber(UniAssertSubscriber.create());
        reader.assertNotTerminated();

        commit(1);

        Reading reading = reader.awaitItem(Duration.ofSeconds(10)).getItem();
        assertThat(((Reading.Deltas) reading).deltas()).hasSize(1);
    }

    @Test
    void the_last_delta_of_a_transaction_in_the_stream_is_marked() {
        DeltaStream stream = stream("from: public.orders\nwhere: amount < 10");
        commit(1, 2, 99);

        assertThat(next(stream, Position.START).deltas().stream().map(Delta::last))
                .containsExactly(false, true);
    }

    @Test
    void what_is_filtered_away_still_moves_the_reader() {
        DeltaStream stream = stream("from: public.orders\nwhere: amount < 10");
        commit(99);

        Reading.Deltas reading = next(stream, Position.START);

        assertThat(reading.deltas()).isEmpty();
        assertThat(reading.upTo()).isEqualTo(new Position(1, 1, 0));
    }

    @Test
    void a_stream_that_is_to_stop_ends_at_the_change_that_it_cannot_handle() {
        DeltaStream stream = stream("from: public.orders\nselect: [id, 10 / amount AS share]");
        commit(1, 0, 1);

        List<Reading> readings =
                stream.from(Position.START).collect().asList().await().atMost(Duration.ofSeconds(10));

        assertThat(((Reading.Deltas) readings.getFirst()).deltas()).hasSize(1);
        assertThat(readings.getLast())
                .isInstanceOfSatisfying(
                        Reading.Stopped.class,
                        stopped -> assertThat(stopped.position()).isEqualTo(new Position(1, 1, 1)));
    }

    @Test
    void a_stream_that_is_to_go_on_gives_the_change_away_with_its_reason() {
        DeltaStream stream = stream("from: public.orders\nselect: [id, 10 / amount AS share]\non_error: skip");
        commit(1, 0, 1);

        assertThat(next(stream, Position.START).deltas()).hasSize(2);
        assertThat(rejected).singleElement().asString().contains("division by zero");
    }

    @Test
    void whoever_waits_on_a_log_that_is_closed_is_told_so() {
        DeltaStream stream = stream("from: public.orders");
        var waiting = stream.next(Position.START).subscribeAsCompletionStage();

        log.close();

        assertThatThrownBy(waiting::get).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(LogClosed.class);
    }
}
