package io.deltastreams.codec.debezium;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.RandomDeltas;
import io.deltastreams.codec.SchemaRegistry;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Conversions;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

/** Read back by Avro's own reader, and compared with the same delta as {@link DebeziumJson} has it, which is compared with Debezium's own. */
class DebeziumAvroTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Has each schema under the number of its place. */
    private static final class Schemas implements SchemaRegistry {

        private final List<String> texts = new ArrayList<>();

        @Override
        public synchronized int id(String subject, Language language, String schema) {
            if (!texts.contains(schema)) {
                texts.add(schema);
            }
            return texts.indexOf(schema) + 1;
        }

        @Override
        public List<String> versions(String subject) {
            return List.copyOf(texts);
        }
    }

    private final Schemas schemas = new Schemas();
    private final DebeziumAvro avro = new DebeziumAvro("shop.orders", "shop", schemas, new ConnectSchemas(false));

    private GenericRecord read(byte[] record) throws IOException {
        assertThat(record[0]).isZero();
        org.apache.avro.Schema schema = schema(record);
        return new GenericDatumReader<GenericRecord>(schema)
                .read(null, DecoderFactory.get().binaryDecoder(record, 5, record.length - 5, null));
    }

    private org.apache.avro.Schema schema(byte[] record) {
        return new org.apache.avro.Schema.Parser()
                .parse(schemas.texts.get(ByteBuffer.wrap(record).getInt(1) - 1));
    }

    @Test
    void an_event_says_what_the_json_one_does() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("DebeziumAvroTest seed " + seed);
        RandomDeltas random = new RandomDeltas(seed);
        DebeziumJson json = new DebeziumJson("shop");
        int compared = 0;
        for (int i = 0; i < 500; i++) {
            Delta any = random.delta(random.schema());
            Instant now = Instant.parse("2026-11-22T10:15:30.123456Z");
            Delta delta = new Delta(any.change(), any.source(), any.transaction(), now, any.snapshot(), any.last());
            byte[] value;
            try {
                value = avro.value(delta);
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed " + seed).hasMessageStartingWith("column '");
                continue;
            }
            JsonNode expected = JSON.readTree(new String(json.value(delta), UTF_8));
            compare(read(value), expected, "seed " + seed);
            compared++;
        }
        assertThat(compared).as("seed " + seed).isGreaterThan(50);
    }

    /** Field by field; what nobody knows of a column that may not be null is null in JSON alone. */
    private static void compare(GenericRecord record, JsonNode expected, String where) {
        List<String> names = new ArrayList<>();
        expected.fieldNames().forEachRemaining(names::add);
        assertThat(record.getSchema().getFields()).as(where).hasSameSizeAs(names);
        for (int i = 0; i < names.size(); i++) {
            compare(record.get(i), expected.get(names.get(i)), where + " " + names.get(i));
        }
    }

    private static void compare(Object value, JsonNode expected, String where) {
        switch (value) {
            case null ->
                assertThat(expected.isNull() || isUnavailable(expected))
                        .as(where)
                        .isTrue();
            case GenericRecord record -> compare(record, expected, where);
            case List<?> list
            when !expected.isNull() && !isUnavailable(expected) -> {
                assertThat(list).as(where).hasSize(expected.size());
                for (int i = 0; i < list.size(); i++) {
                    compare(list.get(i), expected.get(i), where + "[" + i + "]");
                }
            }
            case ByteBuffer bytes
            when expected.isTextual() -> {
                byte[] copy = new byte[bytes.remaining()];
                bytes.duplicate().get(copy);
                assertThat(java.util.Base64.getEncoder().encodeToString(copy))
                        .as(where)
                        .isEqualTo(expected.asText());
            }
            case Float number
            when expected.isNumber() -> assertThat(number).as(where).isEqualTo((float) expected.asDouble());
            default -> {
                if (!expected.isNull() && !isUnavailable(expected)) {
                    assertThat(value.toString()).as(where).isEqualTo(expected.asText());
                }
            }
        }
    }

    private static boolean isUnavailable(JsonNode node) {
        return node.toString().contains(DebeziumValues.UNAVAILABLE) || (node.isArray() && node.size() == 28);
    }

    private static Schema orders() {
        return new Schema(
                new StreamId("orders"),
                1,
                List.of(
                        new Column("id", Type.Simple.INT64, false),
                        new Column("amount", new Type.Numeric(0, 0), false),
                        new Column("day", Type.Simple.DATE, true),
                        new Column("status", new Type.Enumeration("status", List.of("NEW", "PAID")), false),
                        new Column("order note", Type.Simple.TEXT, true)),
                List.of(0));
    }

    private static Delta delta(Change change) {
        return new Delta(change, new TableId("public", "orders"), "7", Instant.EPOCH, false, false);
    }

    @Test
    void schemas_are_as_avro_converter_has_those_of_debezium() {
        Row row = Row.of(1L, BigDecimal.ONE, LocalDate.EPOCH, "NEW", null);
        Delta delta = delta(new Change.Insert(Position.START, orders(), row));

        org.apache.avro.Schema envelope = schema(avro.value(delta));
        org.apache.avro.Schema value =
                envelope.getField("after").schema().getTypes().get(1);
        org.apache.avro.Schema key = schema(java.util.Objects.requireNonNull(avro.key(delta)));

        assertThat(envelope.getFullName()).isEqualTo("shop.orders.Envelope");
        assertThat(envelope.getProp("connect.name")).isEqualTo("shop.orders.Envelope");
        assertThat(envelope.getField("before").schema().getTypes().get(1)).isEqualTo(value);
        assertThat(envelope.getField("source").schema().getFullName())
                .isEqualTo("io.debezium.connector.postgresql.Source");
        assertThat(value.getFullName()).isEqualTo("shop.orders.Value");
        assertThat(value.getField("id").schema().getType()).isEqualTo(org.apache.avro.Schema.Type.LONG);
        assertThat(value.getField("day").schema().getTypes().get(1).getProp("connect.name"))
                .isEqualTo("io.debezium.time.Date");
        assertThat(value.getField("status").schema().getObjectProp("connect.parameters"))
                .isEqualTo(Map.of("allowed", "NEW,PAID"));
        assertThat(value.getField("order_note").hasDefaultValue()).isTrue();
        assertThat(key.getFullName()).isEqualTo("shop.orders.Key");
    }

    @Test
    void what_nobody_knows_is_nothing_in_the_words_of_its_type() throws IOException {
        Row known = Row.of(1L, Row.ABSENT, Row.ABSENT, Row.ABSENT, Row.ABSENT);
        GenericRecord delete = read(avro.value(delta(new Change.Delete(Position.START, orders(), known))));
        GenericRecord before = (GenericRecord) delete.get("before");

        assertThat(delete.get("after")).isNull();
        assertThat(before.get("id")).isEqualTo(1L);
        assertThat(before.get("amount")).hasToString("");
        assertThat(before.get("day")).isNull();
    }

    @Test
    void exact_decimals_are_those_of_connect() throws IOException {
        Schema schema = new Schema(
                new StreamId("orders"),
                1,
                List.of(
                        new Column("price", new Type.Numeric(12, 2), false),
                        new Column("any", new Type.Numeric(0, 0), false),
                        new Column("odd", new Type.Numeric(2, 4), true)),
                List.of(0));
        DebeziumAvro exact = new DebeziumAvro("shop.orders", "shop", schemas, new ConnectSchemas(true));
        BigDecimal price = new BigDecimal("-1234567890.12");
        Row row = Row.of(price, new BigDecimal("1E-30"), new BigDecimal("0.0012"));

        byte[] value = exact.value(delta(new Change.Insert(Position.START, schema, row)));
        GenericRecord after = (GenericRecord) read(value).get("after");
        org.apache.avro.Schema type = after.getSchema().getField("price").schema();
        GenericRecord any = (GenericRecord) after.get("any");

        assertThat(type.getProp("connect.name")).isEqualTo("org.apache.kafka.connect.data.Decimal");
        assertThat(type.getObjectProp("connect.parameters"))
                .isEqualTo(Map.of("scale", "2", "connect.decimal.precision", "12"));
        assertThat(new Conversions.DecimalConversion()
                        .fromBytes((ByteBuffer) after.get("price"), type, type.getLogicalType()))
                .isEqualTo(price);
        assertThat(any.getSchema().getFullName()).isEqualTo("io.debezium.data.VariableScaleDecimal");
        assertThat(any.get("scale")).isEqualTo(30);
        assertThat(any.get("value")).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        assertThat(after.get("odd")).isEqualTo(ByteBuffer.wrap(new byte[] {12}));
        assertThat(exact.key(delta(new Change.Delete(Position.START, schema, row))))
                .isEqualTo(exact.key(delta(new Change.Insert(Position.START, schema, row))));
        Row unknown = Row.of(price, Row.ABSENT, Row.ABSENT);
        GenericRecord before =
                (GenericRecord) read(exact.value(delta(new Change.Delete(Position.START, schema, unknown))))
                        .get("before");
        assertThat(before.get("any")).hasToString("{\"scale\": 0, \"value\": \"\\u0000\"}");
        assertThatThrownBy(() ->
                        exact.value(delta(new Change.Insert(Position.START, schema, Row.of(price, Special.NAN, null)))))
                .hasMessageContaining("column 'any'", "decimals: string");
    }

    @Test
    void equal_keys_are_equal_bytes() {
        Schema schema = new Schema(
                new StreamId("orders"), 1, List.of(new Column("n", new Type.Numeric(0, 0), false)), List.of(0));

        assertThat(avro.key(delta(new Change.Insert(Position.START, schema, Row.of(new BigDecimal("1.50"))))))
                .isEqualTo(avro.key(delta(new Change.Delete(Position.START, schema, Row.of(new BigDecimal("1.5"))))));
        assertThat(avro.key(delta(new Change.Truncate(Position.START, schema)))).isNull();
    }

    @Test
    void what_has_no_form_is_told_with_its_column() {
        Schema schema = new Schema(
                new StreamId("orders"),
                1,
                List.of(new Column("grid", new Type.Array(Type.Simple.INT32), true)),
                List.of());

        assertThatThrownBy(() -> avro.value(
                        delta(new Change.Insert(Position.START, schema, Row.of(List.of(List.of(1), List.of(2)))))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("column 'grid'");
    }
}
