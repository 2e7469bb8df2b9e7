package io.deltastreams.stream;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.deltastreams.log.LogSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.transform.StreamProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // opened before each test
class BoundariesTest {

    @TempDir
    Path folder;

    private ChangeLog log;
    private long commit;

    @BeforeEach
    void open() throws IOException {
        log = ChangeLog.open(LogSettings.at(folder.resolve("log")));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private static Schema schema(String table) {
        return new Schema(
                new TableId("public", table), 1, List.of(new Column("n", Type.Simple.INT32, false)), List.of(0));
    }

    private Change insert(String table, int index, int n) {
        return new Change.Insert(new Position(1, commit, index), schema(table), Row.of(n));
    }

    private void append(Transaction.Kind kind, boolean complete, List<Change> changes) {
        Transaction transaction = new Transaction("t" + commit, kind, Instant.ofEpochSecond(commit), changes, complete);
        log.append(new Batch(List.of(transaction), new ResumeToken(""))).join();
    }

    private Boundaries boundaries() {
        List<DeltaStream> streams = List.of(
                stream("orders", "from: public.orders"),
                stream("large", "from: public.orders\nwhere: n > 100"),
                stream("items", "from: public.items"));
        return new Boundaries(streams, log, task -> Thread.ofVirtual().start(task));
    }

    private DeltaStream stream(String name, String declaration) {
        StreamProgram program =
                StreamProgram.read(new StreamId(name), Settings.parse("f.yaml", declaration, _ -> null));
        return new DeltaStream(
                new Shapes(program, folder.resolve("shapes").resolve(name)),
                log,
                Optional.empty(),
                (_, _, _) -> {},
                new RecentReadings(1),
                Pacing.FREE,
                task -> Thread.ofVirtual().start(task));
    }

    private static Reading.Deltas next(Boundaries boundaries, Position after) {
        return (Reading.Deltas) boundaries.nextFew(after, Pacing.FREE).await().atMost(Duration.ofSeconds(10));
    }

    private List<String> all(Boundaries boundaries, Position from) {
        List<String> told = new ArrayList<>();
        Position at = from;
        while (log.last().orElseThrow().isAfter(at)) {
            Reading.Deltas deltas = next(boundaries, at);
            deltas.deltas().forEach(delta -> told.add(text(delta)));
            at = deltas.upTo();
        }
        return told;
    }

    private static String text(Delta delta) {
        Row row = switch (delta.change()) {
            case Change.Insert insert -> insert.after();
            case Change.Update update -> update.after();
            default -> throw new AssertionError(delta);
        };
        Position at = delta.position();
        return "%s %s %s %s @%d.%d".formatted(row.get(0), row.get(1), row.get(2), row.get(3), at.commit(), at.index());
    }

    @Test
    void a_transaction_is_told_at_its_first_and_its_last_delta_with_counts() {
        commit = 5;
        append(
                Transaction.Kind.COMMIT,
                true,
                List.of(
                        insert("others", 0, 1),
                        insert("orders", 1, 200),
                        insert("items", 2, 1),
                        insert("orders", 3, 2)));
        commit = 6;
        append(Transaction.Kind.COMMIT, true, List.of(insert("others", 0, 1)));
        commit = 7;
        append(Transaction.Kind.SNAPSHOT, true, List.of(insert("orders", 0, 1)));
        commit = 8;
        append(Transaction.Kind.COMMIT, true, List.of(insert("items", 0, 1)));

        assertThat(all(boundaries(), Position.START))
                .containsExactly(
                        "t5 BEGIN null null @5.1",
                        "t5 END 4 {items=1, large=1, orders=2} @5.3",
                        "t8 BEGIN null null @8.0",
                        "t8 END 1 {items=1} @8.0");
    }

    @Test
    void a_transaction_in_parts_is_told_once_wherever_a_reader_begins() {
        // given: parts that each fill a batch, some with nothing of any stream
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (commit = 1; commit <= 30; commit++) {
            int index = 0;
            for (int part = random.nextInt(4); part >= 0; part--) {
                List<Change> changes = new ArrayList<>();
                for (int i = random.nextInt(3); i >= 0; i--) {
                    String table = List.of("orders", "items", "others").get(random.nextInt(3));
                    changes.add(insert(table, index++, random.nextInt(200)));
                }
                append(Transaction.Kind.COMMIT, part == 0, changes);
            }
        }
        List<String> expected = all(boundaries(), Position.START);

        // when a new instance goes on from each place that was told
        Boundaries first = boundaries();
        List<String> before = new ArrayList<>();
        Position at = Position.START;
        while (log.last().orElseThrow().isAfter(at)) {
            List<String> rest = new ArrayList<>(before);
            rest.addAll(all(boundaries(), at));
            assertThat(rest).as("seed %d from %s", seed, at).isEqualTo(expected);
            Reading.Deltas deltas = next(first, at);
            deltas.deltas().forEach(delta -> before.add(text(delta)));
            at = deltas.upTo();
        }

        // then, too, from the end of each part, as a cursor may stand there
        for (commit = 1; commit <= 30; commit++) {
            Position amid = new Position(1, commit, 1);
            List<String> rest = all(boundaries(), amid);
            assertThat(expected.subList(expected.size() - rest.size(), expected.size()))
                    .as("seed %d from %s", seed, amid)
                    .isEqualTo(rest);
        }
    }

    @Test
    void it_stops_where_a_stream_does() {
        commit = 1;
        append(Transaction.Kind.COMMIT, true, List.of(insert("orders", 0, 0)));
        Boundaries boundaries = new Boundaries(
                List.of(stream("shares", "from: public.orders\nselect: [n, 1 / n AS share]")),
                log,
                task -> Thread.ofVirtual().start(task));

        assertThat(boundaries.nextFew(Position.START, Pacing.FREE).await().atMost(Duration.ofSeconds(10)))
                .isInstanceOfSatisfying(
                        Reading.Stopped.class,
                        stopped -> assertThat(stopped.reason()).startsWith("stream shares does not go on here: "));
    }
}
