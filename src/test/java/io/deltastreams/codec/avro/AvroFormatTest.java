package io.deltastreams.codec.avro;

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
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Problem;
import io.deltastreams.settings.Settings;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AvroFormatTest {

    private final HeldSchemas registry = new HeldSchemas();

    private List<String> problems(String yaml) {
        Settings settings = Settings.parse("shop.yaml", yaml, _ -> null);
        write(settings);
        settings.finish();
        try {
            settings.check();
            return List.of();
        } catch (InvalidSettings e) {
            return e.problems().stream().map(Problem::toString).toList();
        }
    }

    private void write(Settings settings) {
        Schema schema = new Schema(
                new StreamId("orders"), 1, List.of(new Column("amount", new Type.Numeric(6, 2), false)), List.of(0));
        Change change = new Change.Insert(Position.START, schema, Row.of(BigDecimal.TEN));
        Delta delta = new Delta(change, new TableId("public", "orders"), "7", Instant.EPOCH, false, true);
        new AvroFormat(read -> {
                    read.text("registry");
                    return registry;
                })
                .create(settings)
                .apply("topic")
                .key(delta);
    }

    @Test
    void defaults_are_an_exact_decimal_in_the_namespace_delta_streams() {
        assertThat(problems("registry: http://localhost:8081")).isEmpty();

        assertThat(registry.versions("topic-key")).containsExactly("""
                {"type":"record","name":"OrdersKey","namespace":"delta_streams","fields":[\
                {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":6,"scale":2}}]}""");
    }

    @Test
    void namespace_and_decimals_are_as_told() {
        assertThat(problems("{registry: x, namespace: com.example.shop_2, decimals: string}"))
                .isEmpty();

        assertThat(registry.versions("topic-key")).containsExactly("""
                {"type":"record","name":"OrdersKey","namespace":"com.example.shop_2","fields":[\
                {"name":"amount","type":{"type":"string","sqlType":"numeric(6,2)"}}]}""");
    }

    @Test
    void what_is_wrong_is_told_with_what_would_be_right() {
        assertThat(problems("{registry: x, namespace: my-shop, decimals: float}"))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .contains("namespace", "'my-shop' is no Avro namespace", "com.example.shop"),
                        second -> assertThat(second).contains("decimals", "'float' must be one of exact, string"));
        assertThat(problems("{registry: x, namespace: 'a..b'}")).hasSize(1);
        assertThat(problems("{registry: x, namespace: ''}")).hasSize(1);
        assertThat(problems("{registry: x, namespaces: a}"))
                .singleElement()
                .asString()
                .contains("namespace");
    }
}
