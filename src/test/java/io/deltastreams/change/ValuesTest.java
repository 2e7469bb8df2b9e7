package io.deltastreams.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValuesTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, PT0S",
        "14, 3, 14706789000, P1Y2M3DT4H5M6.789S",
        "0, -1, -7200000000, P-1DT-2H",
        "0, 0, -500000, PT-0.5S",
        "0, 0, 90000000, PT1M30S",
        "-13, 0, 0, P-1Y-1M",
    })
    void an_interval_is_written_as_iso_8601(int months, int days, long micros, String text) {
        assertThat(new Interval(months, days, micros)).hasToString(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 00:00:00", "36930123456, 10:15:30.123456", "36930500000, 10:15:30.5", "86400000000, 24:00:00"})
    void a_time_of_day_goes_to_24_00(long micros, String text) {
        assertThat(new TimeOfDay(micros)).hasToString(text);
    }

    @Test
    void a_row_shows_no_data_by_accident() {
        assertThat(Row.of("secret", 1)).hasToString("Row[2 columns]");
    }

    @Test
    void a_transaction_is_in_order_and_of_one_commit() {
        Schema schema = new Schema(
                new TableId("public", "t"), 1, List.of(new Column("a", Type.Simple.INT32, false)), List.of(0));
        Change first = new Change.Insert(new Position(1, 10, 0), schema, Row.of(1));
        Change other = new Change.Insert(new Position(1, 11, 1), schema, Row.of(2));
        assertThatThrownBy(
                        () -> new Transaction("1", Transaction.Kind.COMMIT, Instant.EPOCH, List.of(first, other), true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> new Transaction("1", Transaction.Kind.COMMIT, Instant.EPOCH, List.of(first, first), true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Transaction("1", Transaction.Kind.COMMIT, Instant.EPOCH, List.of(), true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_changed_shape_gets_the_next_version_and_the_same_shape_none() {
        TableId table = new TableId("public", "t");
        List<Column> one = List.of(new Column("a", Type.Simple.INT32, false));
        List<Column> two = List.of(one.getFirst(), new Column("b", Type.Simple.TEXT, true));
        SchemaHistory history = new SchemaHistory(List.of(new Schema(table, 7, one, List.of(0))));
        assertThat(history.versioned(table, one, List.of(0)).version()).isEqualTo(7);
        assertThat(history.versioned(table, two, List.of(0)).version()).isEqualTo(8);
        assertThat(history.versioned(table, two, List.of(0)).version()).isEqualTo(8);
    }
}
