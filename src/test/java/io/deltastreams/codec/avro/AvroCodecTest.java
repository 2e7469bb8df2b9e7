package io.deltastreams.codec.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.CodecContract;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.RandomDeltas;
import io.deltastreams.codec.SchemasAway;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.avro.Conversions;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AvroCodecTest extends CodecContract {

    private static final Instant COMMITTED_AT = Instant.parse("2026-11-22T10:15:30.123456Z");
    private static final Schema ORDERS = new Schema(
            new StreamId("paid_orders"),
            3,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("gross", new Type.Numeric(12, 2), false),
                    new Column("Ort/Straße", Type.Simple.TEXT, true)),
            List.of(0));

    private final HeldSchemas registry = new HeldSchemas();
    private final Codec codec = codec(true);

    private Codec codec(boolean exactDecimals) {
        return new AvroCodec("shop.orders", new Options("delta_streams", exactDecimals), registry);
    }

    @Override
    protected Codec codec() {
        return codec;
    }

    @Override
    protected Delta anyDelta(RandomDeltas random) {
        return Fitting.delta(random);
    }

    @Test
    void the_schemas_of_key_and_value_stand_under_the_subjects_of_the_topic() {
        codec.value(insert(ORDERS, 42L, new BigDecimal("11.90"), null));

        assertThat(registry.versions("shop.orders-key")).containsExactly("""
                {"type":"record","name":"PaidOrdersKey","namespace":"delta_streams","fields":[{"name":"id","type":"long"}]}""");
        assertThat(registry.versions("shop.orders-value")).containsExactly("""
                {"type":"record","name":"PaidOrdersDelta","namespace":"delta_streams","fields":[\
                {"name":"position","type":"string"},\
                {"name":"op","type":{"type":"enum","name":"Operation","symbols":["insert","update","delete","truncate"]}},\
                {"name":"stream","type":"string"},\
                {"name":"table","type":"string"},\
                {"name":"before","type":["null",{"type":"record","name":"PaidOrdersRow","fields":[\
                {"name":"id","type":["null","long"],"default":null,"notNull":true},\
                {"name":"gross","type":["null",{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}],"default":null,"notNull":true},\
                {"name":"Ort_Stra_e","type":["null","string"],"default":null,"column":"Ort/Straße"}]}],"default":null},\
                {"name":"after","type":["null","PaidOrdersRow"],"default":null},\
                {"name":"unchanged","type":{"type":"array","items":"string"},"default":[]},\
                {"name":"tx","type":{"type":"record","name":"Transaction","fields":[{"name":"id","type":"string"},{"name":"last","type":"boolean"}]}},\
                {"name":"committed_at","type":{"type":"long","logicalType":"timestamp-micros"}},\
                {"name":"schema","type":"int"},\
                {"name":"snapshot","type":"boolean"}]}""");
    }

    @Test
    void an_update_reads_as_it_was() throws IOException {
        // given
        Change update = new Change.Update(
                Position.parse("0001-00000000016b3748-00000003"),
                ORDERS,
                Row.of(42L, new BigDecimal("11.90"), Row.ABSENT),
                Row.of(42L, new BigDecimal("14.28"), Row.ABSENT));

        // when
        GenericRecord read = read(codec.value(delta(update)));

        // then
        assertThat(read).hasToString("""
                {"position": "0001-00000000016b3748-00000003", "op": "update", "stream": "paid_orders", "table": "public.orders", \
                "before": {"id": 42, "gross": "\\u0004¦", "Ort_Stra_e": null}, \
                "after": {"id": 42, "gross": "\\u0005\\u0094", "Ort_Stra_e": null}, "unchanged": ["Ort_Stra_e"], \
                "tx": {"id": "790", "last": true}, "committed_at": 1795342530123456, "schema": 3, "snapshot": false}""");
    }

    @Test
    void whatever_has_a_form_is_read_back_as_the_same_value() throws IOException {
        long seed = new Random().nextLong();
        RandomDeltas random = new RandomDeltas(seed);
        for (int i = 0; i < 500; i++) {
            Delta delta = Fitting.delta(random);
            String where = "seed " + seed + ", delta " + i;
            byte[] value = codec.value(delta);
            assertThat(codec.value(encoded(delta))).as(where).isEqualTo(value);
            assertReadsBack(delta, read(value), where);
            assertKeyReadsBack(delta, where);
        }
    }

    @Test
    void what_has_no_form_is_told_by_its_column() throws IOException {
        long seed = new Random().nextLong();
        RandomDeltas random = new RandomDeltas(seed);
        for (int i = 0; i < 500; i++) {
            Delta delta = random.delta(random.schema());
            String where = "seed " + seed + ", delta " + i;
            List<String> without = new ArrayList<>(Fitting.columnsWithoutForm(delta));
            without.replaceAll("column '%s' of "::formatted);
            if (!Fitting.hasForm(delta.committedAt())) {
                without.add("committed_at");
            }
            Throwable refused = catchThrowable(() -> codec.value(delta));
            if (without.isEmpty()) {
                assertThat(refused).as(where).isNull();
                assertReadsBack(delta, read(codec.value(delta)), where);
            } else {
                assertThat(refused).as(where).isInstanceOf(IllegalArgumentException.class);
                assertThat(without).as(where).anyMatch(Objects.requireNonNull(refused.getMessage())::startsWith);
            }
        }
    }

    @Test
    void a_decimal_that_is_no_number_or_too_long_says_what_would_help() {
        assertThatThrownBy(() -> codec.value(insert(ORDERS, 1L, Special.NAN, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "column 'gross' of paid_orders holds NaN, and Avro's decimal has none; with 'decimals: string' it does");
        for (String number : List.of("0.001", "10000000000", "-10000000000.00", "1E+10", "123456789012345678901")) {
            assertThatThrownBy(() -> codec.value(insert(ORDERS, 1L, new BigDecimal(number), null)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("column 'gross' of paid_orders")
                    .hasMessageContaining("numeric(12,2)")
                    .hasMessageContaining("decimals: string");
        }
    }

    @Test
    void a_decimal_takes_the_scale_of_its_type_exactly() throws IOException {
        for (String number : List.of(
                "0",
                "0.000",
                "1.5",
                "-1.50",
                "1.28",
                "-1.28",
                "1.27",
                "-1.29",
                "9999999999.99",
                "-9999999999.99",
                "1E+9")) {
            GenericRecord after = (GenericRecord) read(codec.value(insert(ORDERS, 1L, new BigDecimal(number), null)))
                    .get("after");

            assertThat(AvroValues.read(new Type.Numeric(12, 2), after.get("gross"), field(after, "gross")))
                    .isEqualTo(new BigDecimal(number).setScale(2));
            byte[] bytes = AvroValues.bytes(after.get("gross")).array();
            assertThat(bytes)
                    .isEqualTo(
                            new BigDecimal(number).setScale(2).unscaledValue().toByteArray());
        }
    }

    @Test
    void decimals_are_strings_where_that_is_asked_for_and_where_avro_has_no_such_scale() throws IOException {
        Schema schema = keyless(
                new Column("a", new Type.Numeric(12, 2), true),
                new Column("b", new Type.Numeric(3, 5), true),
                new Column("c", new Type.Numeric(3, -2), true),
                new Column("d", new Type.Numeric(0, 0), true));
        Object[] numbers = {new BigDecimal("1.50"), new BigDecimal("0.00123"), new BigDecimal("12300"), Special.NAN};

        GenericRecord textual = read(codec(false).value(insert(schema, numbers)));
        GenericRecord exact = read(codec.value(insert(schema, numbers)));

        assertThat(textual.get("after"))
                .hasToString("{\"a\": \"1.50\", \"b\": \"0.00123\", \"c\": \"12300\", \"d\": \"NaN\"}");
        assertThat(textual.getSchema().toString()).contains("\"sqlType\":\"numeric(12,2)\"", "\"sqlType\":\"numeric\"");
        GenericRecord after = (GenericRecord) exact.get("after");
        assertThat(field(after, "a").getLogicalType()).isNotNull();
        assertThat(field(after, "b").getProp("sqlType")).isEqualTo("numeric(3,5)");
        assertThat(field(after, "c").getProp("sqlType")).isEqualTo("numeric(3,-2)");
        assertThat(after.get("b")).hasToString("0.00123");
    }

    @Test
    void logical_types_are_those_of_avro_itself() throws IOException {
        // given
        Schema schema = keyless(
                new Column("n", new Type.Numeric(30, 3), true),
                new Column("d", Type.Simple.DATE, true),
                new Column("t", Type.Simple.TIME, true),
                new Column("l", Type.Simple.TIMESTAMP, true),
                new Column("z", Type.Simple.TIMESTAMPTZ, true),
                new Column("u", Type.Simple.UUID, true));
        UUID id = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        LocalDateTime local = LocalDateTime.parse("1969-12-31T23:59:58.999999");
        byte[] record = codec.value(insert(
                schema,
                new BigDecimal("-123456789012345678901234567.891"),
                local.toLocalDate(),
                new TimeOfDay(36_930_123_456L),
                local,
                COMMITTED_AT,
                id));

        // when
        GenericData data = new GenericData();
        List.of(
                        new Conversions.DecimalConversion(),
                        new Conversions.UUIDConversion(),
                        new TimeConversions.DateConversion(),
                        new TimeConversions.TimeMicrosConversion(),
                        new TimeConversions.LocalTimestampMicrosConversion(),
                        new TimeConversions.TimestampMicrosConversion())
                .forEach(data::addLogicalTypeConversion);
        org.apache.avro.Schema written = parsed("shop.orders-value");
        GenericRecord after = (GenericRecord) new GenericDatumReader<GenericRecord>(written, written, data)
                .read(null, DecoderFactory.get().binaryDecoder(record, 5, record.length - 5, null))
                .get("after");

        // then
        assertThat(IntStream.range(0, 6).mapToObj(after::get))
                .containsExactly(
                        new BigDecimal("-123456789012345678901234567.891"),
                        local.toLocalDate(),
                        LocalTime.parse("10:15:30.123456"),
                        local,
                        COMMITTED_AT,
                        id);
    }

    @Test
    void nanoseconds_are_not_cut_off() {
        Schema schema = keyless(new Column("at", Type.Simple.TIMESTAMPTZ, true));

        assertThatThrownBy(() -> codec.value(insert(schema, Instant.ofEpochSecond(1, 1001))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "column 'at' of things holds a time with nanoseconds, and in format avro it has microseconds");
    }

    @Test
    void equal_floats_are_one_key() {
        Schema schema = new Schema(
                new StreamId("things"),
                1,
                List.of(new Column("f", Type.Simple.FLOAT32, false), new Column("d", Type.Simple.FLOAT64, false)),
                List.of(0, 1));

        assertThat(codec.key(insert(schema, -0f, -0d))).isEqualTo(codec.key(insert(schema, 0f, 0d)));
        assertThat(codec.key(insert(schema, Float.NaN, Double.NaN)))
                .isEqualTo(codec.key(insert(
                        schema, Float.intBitsToFloat(0xffc00001), Double.longBitsToDouble(0xfff8000000000001L))));
    }

    @Test
    void other_columns_leave_a_key_as_it_is() {
        List<Column> wider = new ArrayList<>(ORDERS.columns());
        wider.add(new Column("note", Type.Simple.TEXT, true));
        Schema later = new Schema(ORDERS.relation(), 4, wider, ORDERS.key());

        assertThat(codec.key(insert(later, 42L, BigDecimal.ONE, "x", "y")))
                .isEqualTo(codec.key(insert(ORDERS, 42L, BigDecimal.TEN, "z")));
    }

    @Test
    void null_in_a_key_has_a_form_only_where_the_column_may_be_null() throws IOException {
        Schema schema = new Schema(
                new StreamId("things"),
                1,
                List.of(new Column("a", Type.Simple.INT32, true), new Column("b", Type.Simple.INT32, false)),
                List.of(1, 0));

        assertThat(read(Objects.requireNonNull(codec.key(insert(schema, null, 7)))))
                .hasToString("{\"b\": 7, \"a\": null}");
        assertThatThrownBy(() -> codec.key(insert(schema, 7, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column 'b' of things is declared NOT NULL, and its value is null");
    }

    @Test
    void a_type_that_stands_in_many_columns_is_defined_once() throws IOException {
        Type.Enumeration mood = new Type.Enumeration("mood", List.of("sad", "ok"));
        Schema schema = keyless(
                new Column("a", mood, true),
                new Column("b", new Type.Array(mood), true),
                new Column("c", new Type.Enumeration("mood", List.of("ok")), true),
                new Column("d", new Type.Enumeration("Interval", List.of("ok")), true),
                new Column("e", new Type.Enumeration("answer", List.of("don't know")), true),
                new Column("f", new Type.Enumeration("unknown", List.of()), true));

        GenericRecord after = (GenericRecord)
                read(codec.value(insert(schema, "ok", List.of("sad", "ok"), "ok", "ok", "don't know", "x")))
                        .get("after");

        assertThat(after)
                .hasToString(
                        "{\"a\": \"ok\", \"b\": [\"sad\", \"ok\"], \"c\": \"ok\", \"d\": \"ok\", \"e\": \"don't know\", \"f\": \"x\"}");
        assertThat(field(after, "a").getFullName()).isEqualTo("delta_streams.mood");
        assertThat(field(after, "c").getFullName()).isEqualTo("delta_streams.mood_2");
        assertThat(field(after, "c").getProp("sqlType")).isEqualTo("mood");
        assertThat(field(after, "d").getFullName()).isEqualTo("delta_streams.Interval_2");
        assertThat(field(after, "e").getProp("sqlType")).isEqualTo("answer");
        assertThatThrownBy(() -> codec.value(insert(schema, "glad", List.of(), null, null, null, null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column 'a' of things holds a label that its type does not have; it has sad, ok");
    }

    @Test
    void names_that_avro_does_not_allow_stay_apart() {
        Schema schema = keyless(
                new Column("a-b", Type.Simple.INT32, true),
                new Column("a b", Type.Simple.INT32, true),
                new Column("a_b", Type.Simple.INT32, true),
                new Column("1st", Type.Simple.INT32, true),
                new Column("", Type.Simple.INT32, true));

        codec.value(insert(schema, 1, 2, 3, 4, 5));

        org.apache.avro.Schema row = parsed("shop.orders-value")
                .getField("after")
                .schema()
                .getTypes()
                .get(1);
        assertThat(row.getFields().stream().map(org.apache.avro.Schema.Field::name))
                .containsExactly("a_b", "a_b_2", "a_b_3", "_1st", "_");
        assertThat(row.getFields().stream().map(field -> field.getProp("column")))
                .containsExactly("a-b", "a b", "a_b", "1st", "");
    }

    @Test
    void the_registry_is_asked_once_for_each_subject_of_a_schema() {
        for (long i = 0; i < 10; i++) {
            codec.key(insert(ORDERS, i, BigDecimal.ONE, null));
            codec.value(insert(ORDERS, i, BigDecimal.ONE, null));
        }

        assertThat(registry.asked()).isEqualTo(2);
    }

    @Test
    void a_registry_that_is_away_is_asked_again_for_the_same_delta() {
        // given
        Delta delta = insert(ORDERS, 1L, BigDecimal.ONE, null);
        registry.away(true);
        assertThatThrownBy(() -> codec.key(delta)).isInstanceOf(SchemasAway.class);

        // when
        registry.away(false);

        // then
        assertThat(codec.key(delta)).startsWith(0, 1, 2, 3, 4);
        assertThat(codec.value(delta)).startsWith(0, 1, 2, 3, 5);
    }

    @Test
    void a_long_text_and_what_follows_it_are_whole() throws IOException {
        String text = "long € ".repeat(40_000);
        for (String each : List.of("short", text, "short", text)) {
            GenericRecord read = read(codec.value(insert(ORDERS, 1L, BigDecimal.ONE, each)));
            assertThat(((GenericRecord) read.get("after")).get("Ort_Stra_e")).hasToString(each);
        }
    }

    private org.apache.avro.Schema parsed(String subject) {
        return new org.apache.avro.Schema.Parser()
                .parse(registry.versions(subject).getLast());
    }

    private GenericRecord read(byte[] record) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(record);
        assertThat(buffer.get()).isZero();
        org.apache.avro.Schema schema = new org.apache.avro.Schema.Parser().parse(registry.schema(buffer.getInt()));
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(record, 5, record.length - 5, null);
        GenericRecord read = new GenericDatumReader<GenericRecord>(schema).read(null, decoder);
        assertThat(decoder.isEnd()).as("nothing is left").isTrue();
        return read;
    }

    private static org.apache.avro.Schema field(GenericRecord record, String name) {
        return AvroValues.plain(record.getSchema().getField(name).schema());
    }

    private static void assertReadsBack(Delta delta, GenericRecord read, String where) {
        Schema schema = delta.schema();
        assertThat(read.get("position")).hasToString(delta.position().toString());
        assertThat(read.get("stream")).hasToString(schema.relation().text());
        assertThat(read.get("table")).hasToString(delta.source().text());
        assertThat(read.get("op"))
                .hasToString(delta.change().getClass().getSimpleName().toLowerCase(Locale.ROOT));
        GenericRecord transaction = (GenericRecord) read.get("tx");
        assertThat(transaction.get("id")).hasToString(delta.transaction());
        assertThat(transaction.get("last")).isEqualTo(delta.last());
        assertThat(AvroValues.read(Type.Simple.TIMESTAMPTZ, read.get("committed_at"), read.getSchema()))
                .isEqualTo(delta.committedAt());
        assertThat(read.get("schema")).isEqualTo(schema.version());
        assertThat(read.get("snapshot")).isEqualTo(delta.snapshot());
        switch (delta.change()) {
            case Change.Insert insert -> assertImages(schema, null, insert.after(), read, where);
            case Change.Update update -> assertImages(schema, update.before(), update.after(), read, where);
            case Change.Delete delete -> assertImages(schema, delete.before(), null, read, where);
            case Change.Truncate _ -> assertImages(schema, null, null, read, where);
        }
    }

    private static void assertImages(
            Schema schema, @Nullable Row before, @Nullable Row after, GenericRecord read, String where) {
        assertRow(schema, before, (GenericRecord) read.get("before"), where);
        assertRow(schema, after, (GenericRecord) read.get("after"), where);
        List<String> unchanged = new ArrayList<>();
        List<org.apache.avro.Schema.Field> fields =
                AvroValues.plain(read.getSchema().getField("after").schema()).getFields();
        for (int i = 0; after != null && i < after.size(); i++) {
            if (!after.has(i)) {
                unchanged.add(fields.get(i).name());
            }
        }
        List<String> told =
                ((List<?>) read.get("unchanged")).stream().map(Object::toString).toList();
        assertThat(told).as(where).isEqualTo(unchanged);
    }

    private static void assertRow(Schema schema, @Nullable Row row, @Nullable GenericRecord read, String where) {
        if (read == null) {
            assertThat(row == null || isEmpty(row)).as(where).isTrue();
            return;
        }
        assertThat(row).as(where).isNotNull();
        for (int i = 0; row != null && i < row.size(); i++) {
            Column column = schema.columns().get(i);
            org.apache.avro.Schema.Field field = read.getSchema().getFields().get(i);
            assertThat(field.getObjectProp("notNull")).isEqualTo(column.nullable() ? null : true);
            Object expected = row.has(i) ? asDeclared(column.type(), row.get(i)) : null;
            assertThat(AvroValues.read(column.type(), read.get(i), field.schema()))
                    .as("%s, %s", where, column)
                    .isEqualTo(expected);
        }
    }

    private static boolean isEmpty(Row row) {
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                return false;
            }
        }
        return true;
    }

    private static @Nullable Object asDeclared(Type type, @Nullable Object value) {
        return value instanceof BigDecimal number
                        && type instanceof Type.Numeric(int precision, int scale)
                        && precision > 0
                ? number.setScale(scale)
                : value;
    }

    private void assertKeyReadsBack(Delta delta, String where) throws IOException {
        byte @Nullable [] key = codec.key(delta);
        assertThat(key == null).as(where).isEqualTo(!Keys.isKeyed(delta.change()));
        if (key == null) {
            return;
        }
        assertThat(codec.key(encoded(delta))).as(where).isEqualTo(key);
        GenericRecord read = read(key);
        List<Integer> columns = delta.schema().key();
        assertThat(read.getSchema().getFields()).hasSameSizeAs(columns);
        for (int i = 0; i < columns.size(); i++) {
            int column = columns.get(i);
            Type type = delta.schema().columns().get(column).type();
            assertThat(AvroValues.read(
                            type,
                            read.get(i),
                            read.getSchema().getFields().get(i).schema()))
                    .as("%s, %s", where, type)
                    .isEqualTo(inKey(type, Keys.image(delta.change(), column).get(column)));
        }
    }

    private static @Nullable Object inKey(Type type, @Nullable Object value) {
        return switch (value) {
            case BigDecimal number
            when type instanceof Type.Numeric(int precision, int _) && precision > 0 -> asDeclared(type, number);
            case BigDecimal number -> new BigDecimal(number.stripTrailingZeros().toPlainString());
            case Float number -> number + 0f;
            case Double number -> number + 0d;
            case List<?> list
            when type instanceof Type.Array array -> {
                List<@Nullable Object> elements = new ArrayList<>();
                list.forEach(element -> elements.add(inKey(array.element(), element)));
                yield elements;
            }
            case null -> null;
            default -> value;
        };
    }

    private static Delta encoded(Delta delta) {
        Schema schema = delta.schema();
        Position at = delta.position();
        Change change = switch (delta.change()) {
            case Change.Insert insert -> new Change.Insert(at, schema, encoded(insert.after(), schema));
            case Change.Update update ->
                new Change.Update(
                        at,
                        schema,
                        update.before() == null ? null : encoded(update.before(), schema),
                        encoded(update.after(), schema));
            case Change.Delete delete -> new Change.Delete(at, schema, encoded(delete.before(), schema));
            case Change.Truncate truncate -> truncate;
        };
        return new Delta(
                change, delta.source(), delta.transaction(), delta.committedAt(), delta.snapshot(), delta.last());
    }

    private static Row encoded(Row row, Schema schema) {
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(row, schema, out);
        return RowCodec.decode(new BinaryReader(out.toByteArray()), schema);
    }

    private static Schema keyless(Column... columns) {
        return new Schema(new StreamId("things"), 1, List.of(columns), List.of());
    }

    private static Delta insert(Schema schema, @Nullable Object... values) {
        return delta(new Change.Insert(Position.START, schema, Row.of(values)));
    }

    private static Delta delta(Change change) {
        return new Delta(change, new TableId("public", "orders"), "790", COMMITTED_AT, false, true);
    }
}
