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
import io.deltastreams.log.LogSettings;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.transform.StreamProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // opened before each test
class EvolutionTest {

    private static final TableId ORDERS = new TableId("public", "orders");
    private static final Column ID = new Column("id", Type.Simple.INT32, false);
    private static final Column NOTE = new Column("note", Type.Simple.TEXT, true);
    private static final Column PLACE = new Column("place", Type.Simple.TEXT, true);

    @TempDir
    Path folder;

    private ChangeLog log;
    private int commits;

    @BeforeEach
    void open() throws IOException {
        log = ChangeLog.open(LogSettings.at(folder.resolve("log")));
    }

    @AfterEach
    void close() {
        log.close();
    }

    /** A start of the service with this declaration. */
    private DeltaStream stream(String... declaration) {
        Settings settings =
                Settings.parse("f.yaml", "from: public.orders\n" + String.join("\n", declaration), _ -> null);
        StreamProgram program = StreamProgram.read(new StreamId("orders"), settings);
        settings.finish();
        settings.check();
        return new DeltaStream(
                new Shapes(program, file()),
                log,
                Optional.empty(),
                (_, _, _) -> {},
                new RecentReadings(1),
                Pacing.FREE,
                task -> Thread.ofVirtual().start(task));
    }

    private Path file() {
        return folder.resolve("shapes").resolve("orders");
    }

    private static Schema schema(int version, Column... columns) {
        return new Schema(ORDERS, version, List.of(columns), List.of(0));
    }

    private void insert(Schema schema, Object... values) {
        commits++;
        Change change = new Change.Insert(new Position(1, commits, 0), schema, Row.of(values));
        Transaction transaction = new Transaction(
                "t" + commits, Transaction.Kind.COMMIT, Instant.ofEpochSecond(commits), List.of(change), true);
        log.append(new Batch(List.of(transaction), new ResumeToken(""))).join();
    }

    /** What a reader from the beginning gets: {@code stream(columns) values}, and why it stopped. */
    private List<String> read(DeltaStream stream) {
        List<String> told = new ArrayList<>();
        Position at = Position.START;
        while (log.last().orElseThrow().isAfter(at)) {
            switch (stream.next(at).await().atMost(Duration.ofSeconds(10))) {
                case Reading.Deltas deltas -> {
                    deltas.deltas().stream().map(EvolutionTest::text).forEach(told::add);
                    at = deltas.upTo();
                }
                case Reading.Stopped(Position position, String reason) -> {
                    told.add("! " + position.commit() + " " + reason);
                    return told;
                }
                case Reading.Gap gap -> throw new AssertionError(gap);
            }
        }
        return told;
    }

    private static String text(Delta delta) {
        Schema schema = delta.schema();
        StringBuilder text = new StringBuilder(schema.relation().text());
        Row row = ((Change.Insert) delta.change()).after();
        for (int i = 0; i < schema.columns().size(); i++) {
            text.append(' ').append(schema.columns().get(i).name()).append('=').append(row.get(i));
        }
        return text.toString();
    }

    /** A column comes in, and goes again. */
    private void twoAlters() {
        insert(schema(1, ID, NOTE), 1, "a");
        insert(schema(2, ID, NOTE, PLACE), 2, "b", "x");
        insert(schema(3, ID, PLACE), 3, "y");
    }

    @Test
    void evolve_lets_every_shape_out_unless_more_is_declared() {
        twoAlters();

        assertThat(read(stream()))
                .containsExactly("orders id=1 note=a", "orders id=2 note=b place=x", "orders id=3 place=y");
    }

    @Test
    void evolve_stops_at_a_shape_that_is_not_compatible() {
        insert(schema(1, ID, NOTE), 1, "a");
        insert(schema(2, ID, NOTE, PLACE), 2, "b", "x");
        insert(schema(3, ID, new Column("note", Type.Simple.TEXT, false)), 3, "c");

        List<String> told = read(stream("evolution: { policy: evolve, compatibility: backward }"));

        assertThat(told).hasSize(3).startsWith("orders id=1 note=a", "orders id=2 note=b place=x");
        assertThat(told.getLast())
                .startsWith("! 3 public.orders: its new shape is not BACKWARD compatible")
                .contains("column 'note' may be null in version 2", "declare another evolution");
        assertThat(read(stream("evolution: { policy: evolve, compatibility: forward }")))
                .hasSize(3)
                .allMatch(line -> line.startsWith("orders"));
    }

    @Test
    void stop_stops_at_the_first_change_of_shape_and_goes_on_when_another_policy_is_declared() {
        twoAlters();

        List<String> told = read(stream("evolution: stop", "on_error: skip"));
        assertThat(told).hasSize(2);
        assertThat(told.getLast()).contains("from version 1 to 2", "columns added [place], gone [], changed []");

        assertThat(read(stream("evolution: evolve"))).hasSize(3);
        // What went out once goes out again.
        assertThat(read(stream("evolution: stop"))).hasSize(3);
    }

    @Test
    void ignore_leaves_new_columns_out_and_tells_null_for_those_that_are_gone() {
        twoAlters();
        insert(schema(4, ID, NOTE, PLACE), 4, "d", "z");

        assertThat(read(stream("evolution: ignore")))
                .containsExactly(
                        "orders id=1 note=a", "orders id=2 note=b", "orders id=3 note=null", "orders id=4 note=d");
    }

    @Test
    void ignore_stops_where_a_column_became_another_one() {
        insert(schema(1, ID, NOTE), 1, "a");
        insert(schema(2, ID, new Column("note", Type.Simple.INT64, true)), 2, 7L);

        assertThat(read(stream("evolution: ignore")).getLast())
                .contains("more has changed than columns that were added", "column 'note'");
    }

    @Test
    void rename_gives_each_shape_a_name_of_its_own_for_ever() {
        twoAlters();
        List<String> expected =
                List.of("orders id=1 note=a", "orders.v2 id=2 note=b place=x", "orders.v3 id=3 place=y");

        assertThat(read(stream("evolution: rename-topic"))).isEqualTo(expected);
        assertThat(read(stream("evolution: rename-topic"))).isEqualTo(expected);
        assertThat(read(stream("evolution: stop"))).isEqualTo(expected);
    }

    @Test
    void what_was_there_before_the_first_shape_that_went_out_passes() {
        twoAlters();
        DeltaStream stream = stream("evolution: stop");

        // The first reader begins at the end.
        assertThat(stream.next(new Position(1, 2, 0)).await().atMost(Duration.ofSeconds(10)))
                .isInstanceOf(Reading.Deltas.class);

        assertThat(read(stream)).hasSize(3).allMatch(line -> line.startsWith("orders"));
    }

    @Test
    void a_shape_that_the_declaration_changed_passes() {
        insert(schema(1, ID, NOTE), 1, "a");

        assertThat(read(stream("evolution: stop"))).containsExactly("orders id=1 note=a");
        assertThat(read(stream("evolution: stop", "select: [id]"))).containsExactly("orders id=1");
        assertThat(read(stream("evolution: stop", "select: [id]"))).containsExactly("orders id=1");
    }

    @Test
    void a_line_that_a_crash_cut_is_decided_again() throws IOException {
        twoAlters();
        List<String> expected = read(stream("evolution: rename-topic"));
        String all = Files.readString(file());
        for (int cut = 0; cut < all.length(); cut += 7) {
            Files.writeString(file(), all.substring(0, cut), StandardOpenOption.TRUNCATE_EXISTING);

            assertThat(read(stream("evolution: rename-topic")))
                    .as("cut at " + cut)
                    .isEqualTo(expected);
            assertThat(Files.readString(file())).isEqualTo(all);
        }
    }

    @Test
    void wrong_declarations_are_told() {
        assertThatThrownBy(() -> stream("evolution: maybe"))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("evolve, stop, ignore, rename-topic");
        assertThatThrownBy(() -> stream("evolution: { policy: stop, compatibility: full }"))
                .hasMessageContaining("only evolve asks for it");
        assertThatThrownBy(() -> stream("evolution: { compatibility: sideways }"))
                .hasMessageContaining("none, backward, backward-transitive");
    }
}
