package io.deltastreams.transform;

import static io.deltastreams.transform.Samples.ORDERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever folds a stream's deltas has exactly the filtered and projected table, with and without the former rows. */
class FoldTest {

    private static final String DECLARATION = """
            from: public.orders
            where: amount > 3 AND status <> 'C'
            select: [id AS k, status, "amount * 2 AS twice"]
            """;

    private final Map<Long, Row> table = new HashMap<>();
    private final Map<Object, Row> folded = new HashMap<>();

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void folding_the_deltas_gives_the_filtered_table(boolean full) throws InvalidStream {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("fold seed " + seed);
        // given
        Random random = new Random(seed);
        Stage stage = Samples.stage(DECLARATION);
        for (int i = 0; i < 20_000; i++) {
            // when
            Change change = change(random, new Position(1, 1, i), full);
            if (stage.apply(change) instanceof StageResult.Emitted emitted) {
                fold(emitted.change());
            }
            // then
            if (i % 1_000 == 999) {
                assertThat(folded).as("seed %d, change %d", seed, i).isEqualTo(expected());
            }
        }
    }

    private Change change(Random random, Position at, boolean full) {
        if (random.nextInt(5_000) == 0) {
            table.clear();
            return new Change.Truncate(at, ORDERS);
        }
        long id = random.nextInt(50);
        Row former = table.get(id);
        Row now = row(random, id);
        if (former == null) {
            table.put(id, now);
            return new Change.Insert(at, ORDERS, now);
        }
        if (random.nextInt(3) == 0) {
            table.remove(id);
            return new Change.Delete(at, ORDERS, full ? former : keyOf(id));
        }
        table.put(id, now);
        return new Change.Update(at, ORDERS, full ? former : null, now);
    }

    private static Row keyOf(long id) {
        return Row.of(id, Row.ABSENT, Row.ABSENT, Row.ABSENT, Row.ABSENT, Row.ABSENT);
    }

    private static Row row(Random random, long id) {
        @Nullable String status = random.nextInt(5) == 0 ? null : String.valueOf((char) ('A' + random.nextInt(4)));
        @Nullable BigDecimal amount = random.nextInt(5) == 0 ? null : BigDecimal.valueOf(random.nextInt(700), 2);
        Row row = Row.of(id, status, amount, "n", null, null);
        return random.nextBoolean() ? Samples.encoded(row) : row;
    }

    private void fold(Change change) {
        switch (change) {
            case Change.Insert insert -> folded.put(key(insert.after()), insert.after());
            case Change.Update update -> folded.put(key(update.after()), update.after());
            case Change.Delete delete -> folded.remove(key(delete.before()));
            case Change.Truncate _ -> folded.clear();
        }
    }

    private static Object key(Row row) {
        return Objects.requireNonNull(row.get(0));
    }

    private Map<Object, Row> expected() {
        Map<Object, Row> expected = new HashMap<>();
        table.forEach((id, row) -> {
            if (row.get(2) instanceof BigDecimal amount
                    && amount.compareTo(BigDecimal.valueOf(3)) > 0
                    && row.get(1) instanceof String status
                    && !status.equals("C")) {
                expected.put(id, Row.of(id, status, amount.multiply(BigDecimal.TWO)));
            }
        });
        return expected;
    }
}
