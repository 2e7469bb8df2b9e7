package io.deltastreams.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompatibilityTest {

    private static final Map<String, Type> TYPES = Map.of(
            "int", Type.Simple.INT32,
            "bigint", Type.Simple.INT64,
            "text", Type.Simple.TEXT,
            "numeric(8.2)", new Type.Numeric(8, 2),
            "numeric(10.2)", new Type.Numeric(10, 2),
            "numeric(10.4)", new Type.Numeric(10, 4),
            "mood(sad)", new Type.Enumeration("mood", List.of("sad")),
            "mood(sad ok)", new Type.Enumeration("mood", List.of("sad", "ok")),
            "int[]", new Type.Array(Type.Simple.INT32),
            "bigint[]", new Type.Array(Type.Simple.INT64));

    /** {@code id int!*} is a column of the key that is not null. */
    private static Schema schema(int version, String text) {
        List<Column> columns = new ArrayList<>();
        List<Integer> key = new ArrayList<>();
        Arrays.stream(text.split(";")).map(String::strip).forEach(column -> {
            String[] words = column.replaceAll("[!*]", "").split(" ", 2);
            if (column.endsWith("*")) {
                key.add(columns.size());
            }
            columns.add(new Column(words[0], Objects.requireNonNull(TYPES.get(words[1])), !column.contains("!")));
        });
        return new Schema(new StreamId("orders"), version, columns, key);
    }

    @ParameterizedTest
    @CsvSource({
        // from, to, backward, forward
        "id int!*; a text,      id int!*; a text; b text,    true, true",
        "id int!*; a text,      id int!*; a text; b text!,   false, true",
        "id int!*; a text,      id int!*,                    true, true",
        "id int!*; a text!,     id int!*,                    true, false",
        "id int!*; a text,      id int!*; b text,            true, true",
        "id int!*; a text,      id int!*; a text!,           false, true",
        "id int!*; a text!,     id int!*; a text,            true, false",
        "id int!*; a int,       id int!*; a bigint,          true, false",
        "id int!*; a bigint,    id int!*; a int,             false, true",
        "id int!*; a int,       id int!*; a text,            false, false",
        "id int!*; a int[],     id int!*; a bigint[],        true, false",
        "id int!*; a int!,      id int!*; a int!*,           false, false",
        "id int!*; a 'numeric(8.2)', id int!*; a 'numeric(10.2)', true, false",
        "id int!*; a 'numeric(8.2)', id int!*; a 'numeric(10.4)', false, false",
        "id int!*; a mood(sad), id int!*; a mood(sad ok),    true, false",
        "id int!*; a text,      a text; id int!*,            true, true",
    })
    void each_change_of_shape_is_what_it_is(String from, String to, boolean backward, boolean forward) {
        List<Schema> before = List.of(schema(1, from.replace("'", "")));
        Schema after = schema(2, to.replace("'", ""));

        assertThat(Compatibility.BACKWARD.objection(before, after).isEmpty()).isEqualTo(backward);
        assertThat(Compatibility.FORWARD.objection(before, after).isEmpty()).isEqualTo(forward);
        assertThat(Compatibility.FULL.objection(before, after).isEmpty()).isEqualTo(backward && forward);
        assertThat(Compatibility.NONE.objection(before, after)).isEmpty();
    }

    @Test
    void transitive_looks_at_each_earlier_shape() {
        List<Schema> before = List.of(schema(1, "id int!*; a int"), schema(2, "id int!*"));
        Schema after = schema(3, "id int!*; a text");

        assertThat(Compatibility.BACKWARD.objection(before, after)).isEmpty();
        assertThat(Compatibility.BACKWARD_TRANSITIVE.objection(before, after))
                .hasValueSatisfying(why -> assertThat(why).contains("column 'a'", "version 1", "version 3"));
    }
}
