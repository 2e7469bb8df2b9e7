package io.deltastreams.codec.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.CodecContract;
import io.deltastreams.codec.RandomDeltas;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JsonCodecTest extends CodecContract {

    private static final ObjectMapper READER = new ObjectMapper();
    private static final Schema ORDERS = new Schema(
            new StreamId("paid_orders"),
            3,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("gross", new Type.Numeric(12, 2), false),
                    new Column("note", Type.Simple.TEXT, true)),
            List.of(0));

    private final Codec codec = new JsonCodecs().json();

    @Override
    protected Codec codec() {
        return codec;
    }

    @Test
    void an_update_reads_as_the_design_shows_it() {
        // given
        Change update = new Change.Update(
                Position.parse("0001-00000000016b3748-00000003"),
                ORDERS,
                Row.of(42L, new BigDecimal("11.90"), "…"),
                Row.of(42L, new BigDecimal("14.28"), Row.ABSENT));

        // when
        String json = text(codec.value(delta(update, false, true)));

        // then
        assertThat(json).isEqualTo("""
                {"position":"0001-00000000016b3748-00000003","op":"update","stream":"paid_orders","key":{"id":42},\
                "before":{"id":42,"gross":"11.90","note":"…"},"after":{"id":42,"gross":"14.28"},"unchanged":["note"],\
                "tx":{"id":"790","last":true},"committed_at":"2026-11-22T10:15:30.123456Z","schema":3}""");
    }

    @Test
    void a_delete_has_no_after_and_of_before_what_is_there() {
        Change delete = new Change.Delete(Position.START, ORDERS, Row.of(42L, Row.ABSENT, Row.ABSENT));

        assertThat(text(codec.value(delta(delete, false, false)))).isEqualTo("""
                {"position":"0000-0000000000000000-00000000","op":"delete","stream":"paid_orders","key":{"id":42},\
                "before":{"id":42},"tx":{"id":"790"},"committed_at":"2026-11-22T10:15:30.123456Z","schema":3}""");
    }

    @Test
    void a_truncate_has_neither_key_nor_images_and_a_snapshot_says_so() {
        Change truncate = new Change.Truncate(Position.START, ORDERS);

        assertThat(text(codec.value(delta(truncate, true, false)))).isEqualTo("""
                {"position":"0000-0000000000000000-00000000","op":"truncate","stream":"paid_orders","table":"public.orders",\
                "tx":{"id":"790"},"committed_at":"2026-11-22T10:15:30.123456Z","schema":3,"snapshot":true}""");
    }

    @Test
    void bigints_are_strings_everywhere_where_that_is_asked_for() {
        Codec textual = new JsonCodecs().jsonWithTextualBigints();
        Delta insert = delta(
                new Change.Insert(Position.START, ORDERS, Row.of(9007199254740993L, BigDecimal.ONE, null)),
                false,
                false);

        assertThat(text(textual.key(insert))).isEqualTo("{\"id\":\"9007199254740993\"}");
        assertThat(text(textual.value(insert)))
                .contains("\"after\":{\"id\":\"9007199254740993\",\"gross\":\"1\",\"note\":null}");
    }

    @Test
    void whatever_is_written_is_read_back_as_the_same_value() throws IOException {
        long seed = new Random().nextLong();
        RandomDeltas random = new RandomDeltas(seed);
        for (int i = 0; i < 500; i++) {
            Schema schema = random.schema();
            Delta delta = random.delta(schema);
            assertReadsBack(delta, READER.readTree(codec.value(delta)), "seed " + seed + ", delta " + i);
        }
    }

    @Test
    void whether_a_row_is_encoded_or_made_of_values_its_bytes_are_those_that_a_generator_writes() {
        long seed = new Random().nextLong();
        System.out.println("JsonCodecTest seed " + seed);
        RandomDeltas random = new RandomDeltas(seed);
        for (boolean textual : new boolean[] {false, true}) {
            Codec written = textual ? new JsonCodecs().jsonWithTextualBigints() : codec;
            GeneratedJson expected = new GeneratedJson(textual);
            for (int i = 0; i < 1000; i++) {
                Delta delta = random.delta(random.schema());
                for (Delta form : List.of(delta, encoded(delta))) {
                    String where = "seed %d, delta %d".formatted(seed, i);
                    assertThat(text(written.value(form))).as(where).isEqualTo(text(expected.value(delta)));
                    assertThat(text(written.key(form))).as(where).isEqualTo(text(expected.key(delta)));
                }
            }
        }
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

    @Test
    void a_long_text_and_what_follows_it_are_whole() {
        String text = "long \" \\ \n ".repeat(20_000);
        Delta wide = delta(new Change.Insert(Position.START, ORDERS, Row.of(1L, BigDecimal.ONE, text)), false, true);
        Delta narrow = delta(new Change.Insert(Position.START, ORDERS, Row.of(2L, BigDecimal.TEN, "x")), false, true);
        GeneratedJson expected = new GeneratedJson(false);

        for (Delta delta : List.of(narrow, wide, narrow, encoded(wide), encoded(narrow))) {
            assertThat(text(codec.value(delta))).isEqualTo(text(expected.value(delta)));
        }
    }

    private static void assertReadsBack(Delta delta, JsonNode json, String where) {
        assertThat(json.get("position").textValue()).isEqualTo(delta.position().toString());
        assertThat(JsonValues.instant(json.get("committed_at").textValue()))
                .as(where)
                .isEqualTo(delta.committedAt());
        assertThat(json.at("/tx/id").textValue()).isEqualTo(delta.transaction());
        assertThat(json.at("/tx").has("last")).isEqualTo(delta.last());
        assertThat(json.has("snapshot")).isEqualTo(delta.snapshot());
        Schema schema = delta.schema();
        switch (delta.change()) {
            case Change.Insert insert -> assertImages(schema, null, insert.after(), json, where);
            case Change.Update update -> assertImages(schema, update.before(), update.after(), json, where);
            case Change.Delete delete -> assertImages(schema, delete.before(), null, json, where);
            case Change.Truncate _ -> assertImages(schema, null, null, json, where);
        }
    }

    private static void assertImages(
            Schema schema, @Nullable Row before, @Nullable Row after, JsonNode json, String where) {
        assertRow(schema, before, json.get("before"), where);
        assertRow(schema, after, json.get("after"), where);
        List<String> unchanged = new ArrayList<>();
        for (int i = 0; after != null && i < after.size(); i++) {
            if (!after.has(i)) {
                unchanged.add(schema.columns().get(i).name());
            }
        }
        List<String> told = new ArrayList<>();
        json.path("unchanged").forEach(name -> told.add(name.textValue()));
        assertThat(told).as(where).isEqualTo(unchanged);
    }

    private static void assertRow(Schema schema, @Nullable Row row, @Nullable JsonNode json, String where) {
        if (json == null) {
            assertThat(row == null || isEmpty(row)).as(where).isTrue();
            return;
        }
        assertThat(row).as(where).isNotNull();
        for (int i = 0; row != null && i < row.size(); i++) {
            Column column = schema.columns().get(i);
            assertThat(json.has(column.name())).as(where).isEqualTo(row.has(i));
            if (row.has(i)) {
                assertThat(JsonValues.read(column.type(), json.get(column.name())))
                        .as("%s, %s", where, column)
                        .isEqualTo(row.get(i));
            }
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

    private static Delta delta(Change change, boolean snapshot, boolean last) {
        Instant committedAt = Instant.parse("2026-11-22T10:15:30.123456Z");
        return new Delta(change, new TableId("public", "orders"), "790", committedAt, snapshot, last);
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
