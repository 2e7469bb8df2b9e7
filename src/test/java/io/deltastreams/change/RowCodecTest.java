package io.deltastreams.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowCodecTest {

    private static final TableId TABLE = new TableId("public", "everything");

    @Test
    void whatever_is_written_is_read_again() {
        long seed = new Random().nextLong();
        System.out.println("RowCodecTest seed " + seed);
        Random random = new Random(seed);
        RandomChanges changes = new RandomChanges(random);
        for (int round = 0; round < 300; round++) {
            Schema schema = round % 3 == 0 ? RandomChanges.everyType(TABLE) : changes.schema(TABLE, 1 + round);
            List<Row> rows = Arrays.asList(new Row[1 + random.nextInt(20)]);
            rows.replaceAll(_ -> changes.row(schema));
            BinaryWriter out = new BinaryWriter(0);
            SchemaCodec.encode(schema, out);
            rows.forEach(row -> RowCodec.encode(row, schema, out));

            BinaryReader in = new BinaryReader(out.toByteArray());
            Schema read = SchemaCodec.decode(in);
            assertThat(read).as("seed %d", seed).isEqualTo(schema);
            for (Row row : rows) {
                assertThat(RowCodec.decode(in, read)).as("seed %d", seed).isEqualTo(row);
            }
            assertThat(in.remaining()).isZero();
        }
    }

    @Test
    void a_row_that_a_source_encoded_is_the_same_row_and_the_same_bytes() {
        long seed = new Random().nextLong();
        System.out.println("RowCodecTest seed " + seed);
        RandomChanges changes = new RandomChanges(new Random(seed));
        Schema schema = RandomChanges.everyType(TABLE);
        RowWriter writer = new RowWriter(16, schema);
        List<Row> rows = Arrays.asList(new Row[50]);
        rows.replaceAll(_ -> changes.row(schema));
        List<Row> encoded =
                rows.stream().map(row -> encoded(row, schema, writer)).toList();

        assertThat(encoded).as("seed %d", seed).isEqualTo(rows).allMatch(Row::isEncoded);
        for (int i = 0; i < rows.size(); i++) {
            BinaryWriter ofValues = new BinaryWriter(0);
            BinaryWriter copied = new BinaryWriter(0);
            RowCodec.encode(rows.get(i), schema, ofValues);
            RowCodec.encode(encoded.get(i), schema, copied);
            assertThat(copied.toByteArray()).as("seed %d", seed).isEqualTo(ofValues.toByteArray());
            Row other = rows.get((i + 1) % rows.size());
            for (int column = 0; column < schema.columns().size(); column++) {
                assertThat(encoded.get(i).isNull(column)).isEqualTo(rows.get(i).isNull(column));
                assertThat(encoded.get(i).sameValue(column, encoded.get((i + 1) % rows.size())))
                        .as("seed %d, column %d", seed, column)
                        .isEqualTo(Objects.equals(rows.get(i).get(column), other.get(column)));
            }
        }
    }

    private static Row encoded(Row row, Schema schema, RowWriter writer) {
        boolean anyNull = false;
        for (int i = 0; i < row.size(); i++) {
            anyNull |= row.isNull(i);
        }
        writer.begin(schema, anyNull, !row.isComplete());
        for (int i = 0; i < row.size(); i++) {
            Object value = row.get(i);
            if (value == null) {
                writer.nothing();
            } else if (!row.has(i)) {
                writer.absent();
            } else {
                RowCodec.write(value, schema.columns().get(i).type(), writer.value());
            }
        }
        return writer.end();
    }

    @Test
    void cut_bytes_are_refused_and_never_read_as_something_else() {
        long seed = new Random().nextLong();
        System.out.println("RowCodecTest seed " + seed);
        Schema schema = RandomChanges.everyType(TABLE);
        Row row = new RandomChanges(new Random(seed)).row(schema);
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(row, schema, out);
        for (int length = 0; length < out.size(); length++) {
            BinaryReader in = new BinaryReader(out.array(), 0, length);
            assertThatThrownBy(() -> RowCodec.decode(in, schema))
                    .as("seed %d, length %d", seed, length)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void a_huge_text_and_huge_bytes_are_read_again() {
        Schema schema = new Schema(
                TABLE,
                1,
                List.of(
                        new Column("text", Type.Simple.TEXT, false),
                        new Column("bytes", Type.Simple.BYTES, false),
                        new Column("map", Type.Simple.HSTORE, false)),
                List.of());
        Row row = Row.of("grüße ".repeat(1_000_000), new Bytes(new byte[9_000_000]), Map.of("k", "v".repeat(100_000)));
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(row, schema, out);
        assertThat(RowCodec.decode(new BinaryReader(out.toByteArray()), schema)).isEqualTo(row);
    }

    @Test
    void null_and_absent_stay_apart() {
        Column column = new Column("c", Type.Simple.INT32, true);
        Schema schema = new Schema(TABLE, 1, List.of(column), List.of());
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(Row.of((Object) null), schema, out);
        RowCodec.encode(Row.of(Row.ABSENT), schema, out);
        assertThat(out.toByteArray()).containsExactly(0x11, 1, 0x12, 1);
        BinaryReader in = new BinaryReader(out.toByteArray());
        assertThat(RowCodec.decode(in, schema).get(0)).isNull();
        assertThat(RowCodec.decode(in, schema).get(0)).isSameAs(Row.ABSENT);
    }

    @Test
    void a_value_of_another_class_is_refused_with_its_column_but_not_its_value() {
        Schema schema = new Schema(TABLE, 1, List.of(new Column("amount", Type.Simple.INT64, false)), List.of());
        assertThatThrownBy(() -> RowCodec.encode(Row.of("4711"), schema, new BinaryWriter(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column 'amount' of public.everything is INT64, and no String belongs there");
    }

    @Test
    void the_codes_of_simple_types_never_change() {
        assertThat(Type.Simple.values())
                .startsWith(
                        Type.Simple.BOOL,
                        Type.Simple.INT16,
                        Type.Simple.INT32,
                        Type.Simple.INT64,
                        Type.Simple.FLOAT32,
                        Type.Simple.FLOAT64,
                        Type.Simple.TEXT,
                        Type.Simple.BYTES,
                        Type.Simple.DATE,
                        Type.Simple.TIME,
                        Type.Simple.TIMETZ,
                        Type.Simple.TIMESTAMP,
                        Type.Simple.TIMESTAMPTZ,
                        Type.Simple.INTERVAL,
                        Type.Simple.UUID,
                        Type.Simple.JSON,
                        Type.Simple.XML,
                        Type.Simple.HSTORE,
                        Type.Simple.LTREE,
                        Type.Simple.GEOMETRY);
    }
}
