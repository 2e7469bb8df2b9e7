package io.deltastreams.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What {@link Codec} promises; each kind's test extends this. */
public abstract class CodecContract {

    protected abstract Codec codec();

    /** A delta whose values all have a form in this kind. */
    protected Delta anyDelta(RandomDeltas random) {
        return random.delta(random.schema());
    }

    @Test
    void the_same_delta_gives_the_same_bytes_on_every_thread() throws InterruptedException {
        // given
        long seed = new Random().nextLong();
        RandomDeltas random = new RandomDeltas(seed);
        List<Delta> deltas =
                IntStream.range(0, 300).mapToObj(i -> anyDelta(random)).toList();
        List<byte[]> expected = deltas.stream().map(codec()::value).toList();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        // when
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(i -> Thread.ofVirtual().unstarted(() -> compare(deltas, expected, seed)))
                .toList();
        for (Thread thread : threads) {
            thread.setUncaughtExceptionHandler((t, e) -> failure.set(e));
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        // then
        assertThat(failure.get()).as("seed " + seed).isNull();
    }

    private void compare(List<Delta> deltas, List<byte[]> expected, long seed) {
        for (int i = 0; i < deltas.size(); i++) {
            assertThat(codec().value(deltas.get(i))).as("seed " + seed).isEqualTo(expected.get(i));
        }
    }

    @Test
    void equal_keys_give_equal_bytes_whatever_happens_to_the_row() {
        Schema schema = numericAndText(List.of(0, 1));
        byte @Nullable [] inserted = codec().key(delta(new Change.Insert(at(1), schema, row("1.50", "a", "x"))));
        byte @Nullable [] updated = codec().key(
                        delta(new Change.Update(at(2), schema, null, Row.of(new BigDecimal("1.5"), "a", Row.ABSENT))));
        byte @Nullable [] deleted =
                codec().key(delta(new Change.Delete(at(3), schema, Row.of(new BigDecimal("1.500"), "a", Row.ABSENT))));

        assertThat(inserted).isNotNull().isEqualTo(updated).isEqualTo(deleted);
    }

    @Test
    void a_key_column_that_an_update_did_not_send_comes_from_the_before_image() {
        Schema schema = numericAndText(List.of(1));
        byte @Nullable [] inserted = codec().key(delta(new Change.Insert(at(1), schema, row("1", "a", "x"))));
        byte @Nullable [] updated = codec().key(delta(
                new Change.Update(at(2), schema, row("1", "a", "x"), Row.of(BigDecimal.TWO, Row.ABSENT, "y"))));

        assertThat(updated).isEqualTo(inserted);
    }

    @Test
    void different_keys_give_different_bytes() {
        Schema schema = numericAndText(List.of(0, 1));
        List<Row> rows = List.of(
                row("1", "a", ""), row("1", "b", ""), row("1.01", "a", ""), row("11", "a", ""), row("1", "a\"", ""));

        List<String> keys = rows.stream()
                .map(row -> new Change.Insert(at(1), schema, row))
                .map(change -> java.util.Arrays.toString(codec().key(delta(change))))
                .toList();

        assertThat(keys).doesNotHaveDuplicates();
    }

    @Test
    void a_truncate_and_a_stream_without_key_have_no_key() {
        Schema keyless = numericAndText(List.of());

        assertThat(codec().key(delta(new Change.Insert(at(1), keyless, row("1", "a", "x")))))
                .isNull();
        assertThat(codec().key(delta(new Change.Truncate(at(1), numericAndText(List.of(0))))))
                .isNull();
    }

    private static Schema numericAndText(List<Integer> key) {
        return new Schema(
                new StreamId("orders"),
                1,
                List.of(
                        new Column("amount", new Type.Numeric(0, 0), false),
                        new Column("place", Type.Simple.TEXT, false),
                        new Column("note", Type.Simple.TEXT, true)),
                key);
    }

    private static Row row(String amount, String place, String note) {
        return Row.of(new BigDecimal(amount), place, note);
    }

    private static Position at(int index) {
        return new Position(1, 1, index);
    }

    private static Delta delta(Change change) {
        return new Delta(change, new TableId("public", "orders"), "7", Instant.EPOCH, false, false);
    }
}
