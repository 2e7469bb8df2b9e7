package io.deltastreams.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.change.Type.Enumeration;
import io.deltastreams.change.Type.Numeric;
import io.deltastreams.change.Type.Simple;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What PostgreSQL's {@code ALTER TABLE} makes of rows that are there. */
class EvolutionTest {

    private static final Column ID = new Column("id", Simple.INT32, false);

    private static Schema schema(int version, Column... columns) {
        return new Schema(new TableId("public", "t"), version, List.of(columns), List.of(0));
    }

    private static Evolution of(Type earlier, Type later) {
        return new Evolution(
                schema(1, ID, new Column("value", earlier, true)), schema(2, ID, new Column("value", later, true)));
    }

    static Stream<Arguments> wider() {
        Enumeration fewer = new Enumeration("mood", List.of("sad"));
        Enumeration more = new Enumeration("mood", List.of("sad", "ok"));
        return Stream.of(
                Arguments.of(Simple.INT16, Simple.INT32, 7, 7),
                Arguments.of(Simple.INT16, Simple.INT64, 7, 7L),
                Arguments.of(Simple.INT32, Simple.INT64, Integer.MIN_VALUE, (long) Integer.MIN_VALUE),
                Arguments.of(Simple.FLOAT32, Simple.FLOAT64, 1.5f, 1.5),
                Arguments.of(new Numeric(10, 2), new Numeric(12, 2), new BigDecimal("1.20"), new BigDecimal("1.20")),
                Arguments.of(new Numeric(10, 2), new Numeric(0, 0), new BigDecimal("1.20"), new BigDecimal("1.20")),
                Arguments.of(fewer, more, "sad", "sad"));
    }

    @ParameterizedTest
    @MethodSource("wider")
    void a_value_reads_under_a_wider_type(Type earlier, Type later, Object value, Object read) {
        Evolution evolution = of(earlier, later);
        assertThat(evolution.lost()).isEmpty();
        assertThat(evolution.of(Row.of(1, value))).isEqualTo(Row.of(1, read));
        assertThat(evolution.of(Row.of(1, null))).isEqualTo(Row.of(1, null));
        assertThat(evolution.of(Row.of(1, Row.ABSENT))).isEqualTo(Row.of(1, Row.ABSENT));
    }

    static Stream<Arguments> other() {
        return Stream.of(
                Arguments.of(Simple.INT64, Simple.INT32),
                Arguments.of(Simple.TEXT, Simple.INT32),
                Arguments.of(new Numeric(10, 2), new Numeric(10, 1)),
                Arguments.of(new Numeric(10, 2), new Numeric(8, 2)),
                Arguments.of(new Numeric(0, 0), new Numeric(10, 2)),
                Arguments.of(new Enumeration("a", List.of("x")), new Enumeration("b", List.of("x"))));
    }

    @ParameterizedTest
    @MethodSource("other")
    void a_value_of_another_type_is_lost_and_not_made_up(Type earlier, Type later) {
        Evolution evolution = of(earlier, later);
        assertThat(evolution.lost()).hasValueSatisfying(why -> assertThat(why).startsWith("column 'value' was "));
        assertThat(evolution.of(Row.of(1, "anything"))).isEqualTo(Row.of(1, Row.ABSENT));
    }

    @Test
    void columns_are_found_by_their_names() {
        Evolution evolution = new Evolution(
                schema(1, ID, new Column("gone", Simple.TEXT, true), new Column("kept", Simple.TEXT, true)),
                schema(2, ID, new Column("kept", Simple.TEXT, true), new Column("more", Simple.TEXT, true)));
        assertThat(evolution.lost()).isEmpty();
        assertThat(evolution.of(Row.of(1, "g", "k"))).isEqualTo(Row.of(1, "k", null));
    }

    @Test
    void a_column_that_is_never_null_has_values_that_nobody_told() {
        Evolution evolution = new Evolution(schema(1, ID), schema(2, ID, new Column("more", Simple.TEXT, false)));
        assertThat(evolution.lost()).contains("column 'more' was added and is never null");
        assertThat(evolution.of(Row.of(1))).isEqualTo(Row.of(1, Row.ABSENT));
    }
}
