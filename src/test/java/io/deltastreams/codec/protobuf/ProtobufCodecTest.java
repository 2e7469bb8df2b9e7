package io.deltastreams.codec.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
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
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.RandomDeltas;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemasAway;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProtobufCodecTest extends CodecContract {

    private static final int YEARS_OF_MICROS = 294_247;

    private final MemoryRegistry registry = new MemoryRegistry();
    private final Codec codec = new ProtobufCodec(registry, "orders", "shop");
    private final Reader reader = new Reader(registry);

    /** Random timestamps go further than microseconds do; that they are refused is the same every time, too. */
    @Override
    protected Codec codec() {
        return new Codec() {
            @Override
            public byte @Nullable [] key(Delta delta) {
                return codec.key(delta);
            }

            @Override
            public byte[] value(Delta delta) {
                try {
                    return codec.value(delta);
                } catch (IllegalArgumentException e) {
                    return Objects.requireNonNull(e.getMessage()).getBytes(UTF_8);
                }
            }
        };
    }

    @Test
    void whatever_is_written_is_read_back_as_the_same_value() {
        long seed = new Random().nextLong();
        System.out.println("ProtobufCodecTest seed " + seed);
        RandomDeltas random = new RandomDeltas(seed);
        for (int i = 0; i < 60; i++) {
            Schema schema = random.schema();
            Codec fresh = new ProtobufCodec(registry, "random" + i, "shop");
            for (int j = 0; j < 30; j++) {
                assertReadsBack(fresh, random.delta(schema), "seed %d, delta %d of %d".formatted(seed, j, i));
            }
        }
    }

    private void assertReadsBack(Codec fresh, Delta delta, String where) {
        Change change = delta.change();
        Row before = before(change);
        Row after = after(change);
        if (isBeyond(delta.schema(), before) || isBeyond(delta.schema(), after)) {
            assertThatThrownBy(() -> fresh.value(delta))
                    .as(where)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a timestamp beyond");
            return;
        }
        byte[] record = fresh.value(delta);
        assertThat(fresh.value(encoded(delta))).as(where).isEqualTo(record);
        DynamicMessage read = reader.read(record);
        assertThat(record.length - 6).as(where).isEqualTo(read.getSerializedSize());
        assertThat(read.getUnknownFields().asMap()).as(where).isEmpty();
        assertOrigin(read, delta, where);
        assertRow(read, "before", "unknown", before != null && isAnyThere(before) ? before : null, delta, where);
        assertRow(read, "after", "unchanged", after, delta, where);
        assertKey(fresh.key(delta), fresh.key(encoded(delta)), delta, where);
    }

    private static void assertOrigin(DynamicMessage read, Delta delta, String where) {
        Message tx = (Message) Reader.get(read, "tx");
        assertThat(List.of(
                        Reader.get(read, "position"),
                        Reader.get(read, "op").toString(),
                        Reader.get(read, "stream"),
                        Reader.get(read, "table"),
                        Reader.get(tx, "id"),
                        Reader.get(tx, "last"),
                        Reader.instant((Message) Reader.get(read, "committed_at")),
                        Reader.get(read, "schema"),
                        Reader.get(read, "snapshot")))
                .as(where)
                .containsExactly(
                        delta.position().toString(),
                        operation(delta.change()),
                        delta.schema().relation().text(),
                        delta.source().text(),
                        delta.transaction(),
                        delta.last(),
                        delta.committedAt(),
                        delta.schema().version(),
                        delta.snapshot());
    }

    private static String operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> "OP_INSERT";
            case Change.Update _ -> "OP_UPDATE";
            case Change.Delete _ -> "OP_DELETE";
            case Change.Truncate _ -> "OP_TRUNCATE";
        };
    }

    private static void assertRow(
            DynamicMessage read, String image, String missing, @Nullable Row row, Delta delta, String where) {
        assertThat(read.hasField(read.getDescriptorForType().findFieldByName(image)))
                .as(where)
                .isEqualTo(row != null);
        List<?> listed = (List<?>) Reader.get(read, missing);
        if (row == null) {
            assertThat(listed).as(where).isEmpty();
            return;
        }
        Message fields = (Message) Reader.get(read, image);
        List<Column> columns = delta.schema().columns();
        for (int i = 0; i < columns.size(); i++) {
            Column column = columns.get(i);
            FieldDescriptor field =
                    Objects.requireNonNull(Reader.fieldOf(fields.getDescriptorForType(), column.name()));
            String place = where + ", " + image + " " + column;
            assertThat(listed.contains(field.getName())).as(place).isEqualTo(!row.has(i));
            boolean there = row.has(i) && !row.isNull(i);
            assertThat(fields.hasField(field)).as(place).isEqualTo(there);
            if (there) {
                assertThat(Reader.value(column.type(), fields.getField(field)))
                        .as(place)
                        .isEqualTo(row.get(i));
            }
        }
    }

    private void assertKey(byte @Nullable [] key, byte @Nullable [] ofEncoded, Delta delta, String where) {
        assertThat(ofEncoded).as(where).isEqualTo(key);
        assertThat(key != null).as(where).isEqualTo(Keys.isKeyed(delta.change()));
        if (key == null) {
            return;
        }
        DynamicMessage read = reader.read(key);
        assertThat(Arrays.copyOfRange(key, 6, key.length)).as(where).isEqualTo(read.toByteArray());
        for (int index : delta.schema().key()) {
            Column column = delta.schema().columns().get(index);
            Object expected = Keys.image(delta.change(), index).get(index);
            FieldDescriptor field = Objects.requireNonNull(Reader.fieldOf(read.getDescriptorForType(), column.name()));
            assertThat(Reader.value(column.type(), read.getField(field)))
                    .as(where + ", key " + column)
                    .isEqualTo(canonical(expected));
        }
    }

    private static @Nullable Object canonical(@Nullable Object value) {
        return switch (value) {
            case BigDecimal number -> new BigDecimal(number.stripTrailingZeros().toPlainString());
            case Float number -> number + 0f;
            case Double number -> number + 0d;
            case List<?> list -> list.stream().map(ProtobufCodecTest::canonical).toList();
            case null, default -> value;
        };
    }

    private static @Nullable Row before(Change change) {
        return switch (change) {
            case Change.Update update -> update.before();
            case Change.Delete delete -> delete.before();
            case Change.Insert _, Change.Truncate _ -> null;
        };
    }

    private static @Nullable Row after(Change change) {
        return switch (change) {
            case Change.Update update -> update.after();
            case Change.Insert insert -> insert.after();
            case Change.Delete _, Change.Truncate _ -> null;
        };
    }

    private static boolean isAnyThere(Row row) {
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isBeyond(Schema schema, @Nullable Row row) {
        for (int i = 0; row != null && i < row.size(); i++) {
            if (schema.columns().get(i).type() == Type.Simple.TIMESTAMP
                    && row.get(i) instanceof LocalDateTime time
                    && time.getYear() > YEARS_OF_MICROS) {
                return true;
            }
        }
        return false;
    }

    private static Delta encoded(Delta delta) {
        Schema schema = delta.schema();
        Position at = delta.position();
        Row before = before(delta.change());
        Change change = switch (delta.change()) {
            case Change.Insert insert -> new Change.Insert(at, schema, encoded(insert.after(), schema));
            case Change.Update update ->
                new Change.Update(
                        at, schema, before == null ? null : encoded(before, schema), encoded(update.after(), schema));
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

    private static final Schema ORDERS = new Schema(
            new StreamId("paid_orders"),
            3,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("gross", new Type.Numeric(12, 2), false),
                    new Column("order date", Type.Simple.DATE, true),
                    new Column("status", new Type.Enumeration("order_status", List.of("new", "in-work")), true),
                    new Column("tags", new Type.Array(Type.Simple.TEXT), true)),
            List.of(0));

    private static Delta delta(Change change) {
        return new Delta(
                change,
                new TableId("public", "orders"),
                "790",
                Instant.parse("2026-11-22T10:15:30.123456Z"),
                false,
                true);
    }

    private static Row row(@Nullable Object status) {
        return Row.of(42L, new BigDecimal("11.90"), null, status, Arrays.asList("a", null));
    }

    @Test
    void the_text_of_a_schema_is_this() {
        byte[] value = codec.value(delta(new Change.Insert(Position.START, ORDERS, row("in-work"))));

        assertThat(registry.text(Reader.id(value))).isEqualTo("""
                syntax = "proto3";

                package shop;

                import "google/protobuf/timestamp.proto";

                message PaidOrdersDelta {
                  string position = 1;
                  Op op = 2;
                  string stream = 3;
                  string table = 4;
                  optional Row before = 5;
                  optional Row after = 6;
                  // Fields of after that the update left as they were and did not send.
                  repeated string unchanged = 7;
                  // Fields of before that nobody told; every other one that is not there is null.
                  repeated string unknown = 8;
                  Tx tx = 9;
                  google.protobuf.Timestamp committed_at = 10;
                  // The version of the stream's schema.
                  int32 schema = 11;
                  bool snapshot = 12;

                  enum Op {
                    OP_UNSPECIFIED = 0;
                    OP_INSERT = 1;
                    OP_UPDATE = 2;
                    OP_DELETE = 3;
                    OP_TRUNCATE = 4;
                  }

                  enum StatusEnum {
                    STATUS_UNSPECIFIED = 0;
                    // new
                    STATUS_NEW = 1;
                    // in-work
                    STATUS_IN_WORK = 2;
                  }

                  message Row {
                    // not null
                    optional int64 id = 1;
                    // numeric(12,2), not null
                    optional string gross = 2;
                    // "order date", date: days since 1970-01-01
                    optional int32 order_x20_date = 3;
                    // enum order_status
                    optional StatusEnum status = 4;
                    optional StringArray tags = 5;
                  }

                  message Tx {
                    string id = 1;
                    // Whether this is the transaction's last delta in the stream.
                    bool last = 2;
                  }

                  message StringArray {
                    repeated Element values = 1;

                    message Element {
                      optional string value = 1;
                      optional StringArray list = 2;
                    }
                  }
                }
                """);
    }

    @Test
    void the_text_of_a_keys_schema_is_this() {
        byte[] key = Objects.requireNonNull(codec.key(delta(new Change.Insert(Position.START, ORDERS, row("new")))));

        assertThat(registry.text(Reader.id(key))).isEqualTo("""
                syntax = "proto3";

                package shop;

                message PaidOrdersKey {
                  // not null
                  optional int64 id = 1;
                }
                """);
        assertThat(key).containsExactly(0, 0, 0, 0, 1, 0, 8, 42);
        assertThat(registry.versions("orders-key")).hasSize(1);
        assertThat(registry.versions("orders-value")).isEmpty();
    }

    @Test
    void an_enums_labels_have_numbers_and_one_that_its_type_lacks_is_refused() {
        byte[] value = codec.value(delta(new Change.Insert(Position.START, ORDERS, row("in-work"))));

        Message after = (Message) Reader.get(reader.read(value), "after");
        assertThat(Reader.get(after, "status")).hasToString("STATUS_IN_WORK");
        Delta unknown = delta(new Change.Insert(Position.START, ORDERS, row("lost")));
        assertThatThrownBy(() -> codec.value(unknown))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column 'status' has a label that its type does not have; it has in-work, new");
    }

    @Test
    void labels_that_make_no_names_of_their_own_stay_text() {
        for (List<String> labels :
                List.of(List.of("a", "A"), List.of("é"), List.of(""), List.of("unspecified"), List.<String>of())) {
            Schema schema = new Schema(
                    new StreamId("s"),
                    1,
                    List.of(new Column("mood", new Type.Enumeration("mood", labels), true)),
                    List.of());
            Codec fresh = new ProtobufCodec(registry, "labels" + labels.hashCode(), "shop");

            byte[] value = fresh.value(delta(new Change.Insert(Position.START, schema, Row.of("whatever"))));

            assertThat(Reader.get((Message) Reader.get(reader.read(value), "after"), "mood"))
                    .isEqualTo("whatever");
        }
    }

    @Test
    void columns_of_any_name_make_a_file_that_others_can_read() {
        List<String> names = List.of(
                "message",
                "optional",
                "map",
                "reserved",
                "option",
                "Interval",
                "StringArray",
                "orderId",
                "order_id",
                "ORDERID",
                "1st",
                "größe",
                "a b",
                "a_b",
                "a_x20_b",
                "two\nlines",
                "_",
                "😀");
        List<Column> columns = names.stream()
                .map(name -> new Column(name, Type.Simple.TEXT, true))
                .toList();
        List<Column> all = new ArrayList<>(columns);
        all.add(new Column("span", Type.Simple.INTERVAL, false));
        all.add(new Column("texts", new Type.Array(Type.Simple.TEXT), false));
        Schema schema = new Schema(
                new StreamId("_1"),
                1,
                all,
                java.util.stream.IntStream.range(0, all.size()).boxed().toList());
        @Nullable Object[] values = new @Nullable Object[all.size()];
        for (int i = 0; i < names.size(); i++) {
            values[i] = "value of " + names.get(i);
        }
        values[names.size()] = new io.deltastreams.change.Interval(1, 2, 3);
        values[names.size() + 1] = List.of("x");

        Delta delta = delta(new Change.Insert(Position.START, schema, Row.of(values)));
        assertReadsBack(codec, delta, "names");
    }

    @Test
    void a_record_larger_than_the_room_is_written_in_more() {
        Schema schema = new Schema(new StreamId("s"), 1, List.of(new Column("t", Type.Simple.TEXT, true)), List.of());
        for (int length : new int[] {100, 127, 128, 1000, 16_383, 16_384, 3_000_000, 5}) {
            Delta delta = delta(new Change.Insert(Position.START, schema, Row.of("x".repeat(length))));
            assertReadsBack(codec, delta, "length " + length);
        }
    }

    @Test
    void nanoseconds_of_a_timestamp_without_zone_are_refused_and_not_cut_off() {
        Schema schema =
                new Schema(new StreamId("s"), 1, List.of(new Column("at", Type.Simple.TIMESTAMP, true)), List.of());
        LocalDateTime time = LocalDateTime.of(2026, 11, 22, 10, 15, 30, 1);

        assertThatThrownBy(() -> codec.value(delta(new Change.Insert(Position.START, schema, Row.of(time)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("column 'at' has a timestamp that counts nanoseconds");
    }

    @Test
    void the_last_microseconds_before_the_infinities_are_read_back() {
        Schema schema =
                new Schema(new StreamId("s"), 1, List.of(new Column("at", Type.Simple.TIMESTAMP, true)), List.of());
        for (String text : List.of("+294247-01-10T04:00:53.999999", "-290308-12-21T19:59:07")) {
            Delta delta = delta(new Change.Insert(Position.START, schema, Row.of(LocalDateTime.parse(text))));
            assertReadsBack(codec, delta, text);
        }
    }

    @Test
    void a_registry_that_is_away_is_asked_again_and_then_no_more() {
        Delta delta = delta(new Change.Insert(Position.START, ORDERS, row("new")));
        registry.setAway(true);
        assertThatThrownBy(() -> codec.value(delta)).isInstanceOf(SchemasAway.class);
        assertThatThrownBy(() -> codec.key(delta)).isInstanceOf(SchemasAway.class);

        registry.setAway(false);
        byte[] value = codec.value(delta);
        registry.setAway(true);

        assertThat(codec.value(delta)).isEqualTo(value);
        Schema same = new Schema(ORDERS.relation(), 4, ORDERS.columns(), ORDERS.key());
        assertThat(Reader.id(codec.value(delta(new Change.Insert(Position.START, same, row("new"))))))
                .isEqualTo(Reader.id(value));
    }

    @Test
    void the_namespace_is_a_setting_and_one_that_is_none_is_a_problem() {
        SchemaRegistry.Provider provider = settings -> {
            assertThat(settings.has("registry")).isTrue();
            return registry;
        };
        ProtobufFormat format = new ProtobufFormat(provider);
        Codec plain = format.create(settings("registry: memory")).apply("plain");
        byte[] value = plain.value(delta(new Change.Insert(Position.START, ORDERS, row("new"))));
        assertThat(registry.text(Reader.id(value))).contains("package delta_streams;");

        Codec named = format.create(settings("{registry: memory, namespace: com.example}"))
                .apply("named");
        byte[] other = named.value(delta(new Change.Insert(Position.START, ORDERS, row("new"))));
        assertThat(registry.text(Reader.id(other))).contains("package com.example;");

        Settings wrong = settings("{registry: memory, namespace: com.1}");
        assertThat(format.create(wrong)).isNotNull();
        assertThatThrownBy(wrong::check)
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("'com.1' is no Protobuf package");
    }

    private static Settings settings(String yaml) {
        return Settings.parse("test.yaml", yaml, _ -> null);
    }
}
