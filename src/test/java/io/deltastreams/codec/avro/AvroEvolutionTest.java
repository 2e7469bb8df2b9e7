package io.deltastreams.codec.avro;

import static org.apache.avro.SchemaCompatibility.checkReaderWriterCompatibility;
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
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a change of a table's columns is to readers, as Avro itself judges it: that is what a registry asks. */
class AvroEvolutionTest {

    private static final Column ID = new Column("id", Type.Simple.INT64, false);
    private static final Column COUNT = new Column("count", Type.Simple.INT32, true);
    private static final Column NOTE = new Column("note", Type.Simple.TEXT, true);

    private final HeldSchemas registry = new HeldSchemas();
    private final AvroCodec codec = new AvroCodec("orders", new Options("delta_streams", true), registry);

    @Test
    void a_column_that_is_added_is_compatible_both_ways() throws IOException {
        assertThat(backward(List.of(ID), List.of(ID, NOTE))).isTrue();
        assertThat(forward(List.of(ID), List.of(ID, NOTE))).isTrue();
        assertThat(readAs(List.of(ID, NOTE), List.of(ID), 1L)).hasToString("{\"id\": 1, \"note\": null}");
        assertThat(readAs(List.of(ID), List.of(ID, NOTE), 1L, "x")).hasToString("{\"id\": 1}");
    }

    @Test
    void so_is_one_that_is_added_and_not_null() {
        Column added = new Column("note", Type.Simple.TEXT, false);

        assertThat(backward(List.of(ID), List.of(ID, added))).isTrue();
        assertThat(forward(List.of(ID), List.of(ID, added))).isTrue();
    }

    @Test
    void a_column_that_is_dropped_is_compatible_both_ways() {
        assertThat(backward(List.of(ID, NOTE), List.of(ID))).isTrue();
        assertThat(forward(List.of(ID, NOTE), List.of(ID))).isTrue();
    }

    @Test
    void a_column_that_is_renamed_is_one_dropped_and_one_added() throws IOException {
        Column renamed = new Column("remark", Type.Simple.TEXT, true);

        assertThat(backward(List.of(ID, NOTE), List.of(ID, renamed))).isTrue();
        assertThat(forward(List.of(ID, NOTE), List.of(ID, renamed))).isTrue();
        assertThat(readAs(List.of(ID, renamed), List.of(ID, NOTE), 1L, "x"))
                .hasToString("{\"id\": 1, \"remark\": null}");
    }

    @Test
    void not_null_shows_as_a_property_and_is_compatible_both_ways() {
        Column required = new Column("note", Type.Simple.TEXT, false);

        assertThat(row(List.of(ID, NOTE)).getField("note").getObjectProp("notNull"))
                .isNull();
        assertThat(row(List.of(ID, required)).getField("note").getObjectProp("notNull"))
                .isEqualTo(true);
        assertThat(backward(List.of(ID, NOTE), List.of(ID, required))).isTrue();
        assertThat(forward(List.of(ID, NOTE), List.of(ID, required))).isTrue();
    }

    @Test
    void a_column_that_is_widened_is_read_by_new_readers_alone() throws IOException {
        Column wide = new Column("count", Type.Simple.INT64, true);

        assertThat(backward(List.of(ID, COUNT), List.of(ID, wide))).isTrue();
        assertThat(forward(List.of(ID, COUNT), List.of(ID, wide))).isFalse();
        assertThat(readAs(List.of(ID, wide), List.of(ID, COUNT), 1L, 7)).hasToString("{\"id\": 1, \"count\": 7}");
    }

    @Test
    void a_column_that_is_narrowed_is_read_by_old_readers_alone() {
        Column wide = new Column("count", Type.Simple.INT64, true);

        assertThat(backward(List.of(ID, wide), List.of(ID, COUNT))).isFalse();
        assertThat(forward(List.of(ID, wide), List.of(ID, COUNT))).isTrue();
    }

    @Test
    void smallint_and_integer_are_one_form() {
        Column small = new Column("count", Type.Simple.INT16, true);

        assertThat(value(List.of(ID, small))).isEqualTo(value(List.of(ID, COUNT)));
    }

    @Test
    void a_label_that_is_added_is_read_by_new_readers_alone() throws IOException {
        Column two = new Column("mood", new Type.Enumeration("mood", List.of("sad", "ok")), true);
        Column three = new Column("mood", new Type.Enumeration("mood", List.of("sad", "so_so", "ok")), true);

        assertThat(backward(List.of(ID, two), List.of(ID, three))).isTrue();
        assertThat(forward(List.of(ID, two), List.of(ID, three))).isFalse();
        assertThat(readAs(List.of(ID, three), List.of(ID, two), 1L, "ok")).hasToString("{\"id\": 1, \"mood\": \"ok\"}");
    }

    @Test
    void a_column_of_another_kind_is_read_by_nobody() {
        Column textual = new Column("count", Type.Simple.TEXT, true);

        assertThat(backward(List.of(ID, COUNT), List.of(ID, textual))).isFalse();
        assertThat(forward(List.of(ID, COUNT), List.of(ID, textual))).isFalse();
    }

    @Test
    void the_number_of_a_schema_does_not_show_in_its_text() {
        codec.value(insert(1, List.of(ID, NOTE), 1L, null));
        codec.value(insert(2, List.of(ID, NOTE), 1L, null));

        assertThat(registry.versions("orders-value")).hasSize(1);
    }

    private boolean backward(List<Column> old, List<Column> now) {
        return reads(value(now), value(old));
    }

    private boolean forward(List<Column> old, List<Column> now) {
        return reads(value(old), value(now));
    }

    private static boolean reads(org.apache.avro.Schema reader, org.apache.avro.Schema writer) {
        return checkReaderWriterCompatibility(reader, writer).getType() == SchemaCompatibilityType.COMPATIBLE;
    }

    private org.apache.avro.Schema row(List<Column> columns) {
        return AvroValues.plain(value(columns).getField("after").schema());
    }

    private org.apache.avro.Schema value(List<Column> columns) {
        return schema(codec.value(truncate(columns)));
    }

    private org.apache.avro.Schema schema(byte[] record) {
        int id = java.nio.ByteBuffer.wrap(record).getInt(1);
        return new org.apache.avro.Schema.Parser().parse(registry.schema(id));
    }

    private @Nullable Object readAs(List<Column> reader, List<Column> writer, @Nullable Object... row)
            throws IOException {
        byte[] record = codec.value(insert(1, writer, row));
        return new GenericDatumReader<GenericRecord>(schema(record), value(reader))
                .read(null, DecoderFactory.get().binaryDecoder(record, 5, record.length - 5, null))
                .get("after");
    }

    private static Schema schema(int version, List<Column> columns) {
        return new Schema(new StreamId("orders"), version, new ArrayList<>(columns), List.of(0));
    }

    private static Delta truncate(List<Column> columns) {
        return delta(new Change.Truncate(Position.START, schema(1, columns)));
    }

    private static Delta insert(int version, List<Column> columns, @Nullable Object... row) {
        return delta(new Change.Insert(Position.START, schema(version, columns), Row.of(row)));
    }

    private static Delta delta(Change change) {
        return new Delta(change, new TableId("public", "orders"), "7", Instant.EPOCH, false, true);
    }
}
