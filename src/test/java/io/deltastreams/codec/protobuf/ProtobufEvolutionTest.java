package io.deltastreams.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.apicurio.registry.utils.protobuf.schema.ProtobufFile;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.SchemaRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever form the registry keeps texts in, and with a new codec for each step, as after a restart. */
class ProtobufEvolutionTest {

    private static final Column ID = new Column("id", Type.Simple.INT64, false);
    private static final Column NAME = new Column("name", Type.Simple.TEXT, true);
    private static final Column AGE = new Column("age", Type.Simple.INT32, true);
    private static final Column NOTE = new Column("note", Type.Simple.TEXT, true);

    /** What registries do to texts. */
    enum Kept {
        AS_IT_IS,
        WITHOUT_COMMENTS,
        ON_ONE_LINE,
        BY_WIRE,
        QUALIFIED;

        private String form(String text) {
            return switch (this) {
                case AS_IT_IS -> text;
                case WITHOUT_COMMENTS -> text.replaceAll("(?m)^ *//.*\n", "");
                case ON_ONE_LINE -> text.replaceAll("(?m)//.*$", "").replaceAll("\\s+", " ");
                case BY_WIRE -> ProtobufFile.toProtoFileElement(text).toSchema();
                case QUALIFIED -> qualified(text);
            };
        }

        /** Types are spelled from the package on. */
        private static String qualified(String text) {
            int name = text.indexOf("message ") + "message ".length();
            String message = text.substring(name, text.indexOf(' ', name));
            return text.replaceAll(
                    "(?m)^( *(?:optional |repeated )?)([A-Z]\\w+)(?<!Element)( \\w+ = )",
                    "$1.shop." + message + ".$2$3");
        }

        MemoryRegistry registry() {
            return new MemoryRegistry(this::form);
        }
    }

    private static Schema schema(Column... columns) {
        return new Schema(new StreamId("people"), 1, List.of(columns), List.of(0));
    }

    private static byte[] record(SchemaRegistry registry, Schema schema, @Nullable Object... values) {
        return new ProtobufCodec(registry, "people", "shop").value(delta(schema, values));
    }

    private static Delta delta(Schema schema, @Nullable Object... values) {
        return new Delta(
                new Change.Insert(Position.START, schema, Row.of(values)),
                new TableId("public", "people"),
                "7",
                Instant.EPOCH,
                false,
                false);
    }

    private static Descriptor registered(MemoryRegistry registry, Schema schema) {
        @Nullable Object[] nothing = new @Nullable Object[schema.columns().size()];
        return Reader.descriptor(registry.text(Reader.id(record(registry, schema, nothing))));
    }

    private static Descriptor row(Descriptor delta) {
        return Objects.requireNonNull(delta.findNestedTypeByName("Row"));
    }

    private static Map<String, Integer> numbers(MemoryRegistry registry, Schema schema) {
        return row(registered(registry, schema)).getFields().stream()
                .collect(Collectors.toMap(FieldDescriptor::getName, FieldDescriptor::getNumber));
    }

    private static int versions(MemoryRegistry registry) {
        return registry.versions("people-value").size();
    }

    private static List<Integer> reserved(Descriptor message) {
        return message.toProto().getReservedRangeList().stream()
                .flatMap(range -> Stream.iterate(range.getStart(), n -> n < range.getEnd(), n -> n + 1))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void a_restart_gives_the_same_numbers_and_no_new_version(Kept kept) {
        MemoryRegistry registry = kept.registry();
        Schema schema = schema(ID, NAME, AGE);
        byte[] first = record(registry, schema, 1L, "a", 2);

        assertThat(record(registry, schema, 1L, "a", 2)).isEqualTo(first);
        assertThat(versions(registry)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void a_column_that_comes_gets_the_next_number(Kept kept) {
        MemoryRegistry registry = kept.registry();
        assertThat(numbers(registry, schema(ID, NAME))).isEqualTo(Map.of("id", 1, "name", 2));

        assertThat(numbers(registry, schema(ID, AGE, NAME))).isEqualTo(Map.of("id", 1, "name", 2, "age", 3));
        assertThat(versions(registry)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void the_number_and_the_name_of_a_column_that_goes_are_reserved(Kept kept) {
        MemoryRegistry registry = kept.registry();
        numbers(registry, schema(ID, NAME, AGE));

        Descriptor row = row(registered(registry, schema(ID, AGE)));

        assertThat(row.findFieldByName("age").getNumber()).isEqualTo(3);
        assertThat(reserved(row)).containsExactly(2);
        assertThat(row.toProto().getReservedNameList()).containsExactly("name");
    }

    @ParameterizedTest
    @EnumSource
    void a_column_that_comes_again_with_others_gets_a_new_number(Kept kept) {
        MemoryRegistry registry = kept.registry();
        numbers(registry, schema(ID, NAME, AGE));
        numbers(registry, schema(ID, NAME));

        Descriptor row = row(registered(registry, schema(ID, NAME, NOTE, AGE)));

        assertThat(row.findFieldByName("note").getNumber()).isEqualTo(4);
        assertThat(row.findFieldByName("age").getNumber()).isEqualTo(5);
        assertThat(reserved(row)).containsExactly(3);
        assertThat(row.toProto().getReservedNameList()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void a_renamed_column_is_another_one(Kept kept) {
        MemoryRegistry registry = kept.registry();
        numbers(registry, schema(ID, NAME));

        Descriptor row = row(registered(registry, schema(ID, NOTE)));

        assertThat(row.findFieldByName("note").getNumber()).isEqualTo(3);
        assertThat(reserved(row)).containsExactly(2);
        assertThat(row.toProto().getReservedNameList()).containsExactly("name");
    }

    @ParameterizedTest
    @EnumSource
    void a_column_keeps_its_number_when_it_gets_wider_and_loses_it_when_it_gets_narrower_or_another_type(Kept kept) {
        MemoryRegistry registry = kept.registry();
        numbers(registry, schema(ID, AGE));
        Column wider = new Column("age", Type.Simple.INT64, true);
        Column text = new Column("age", Type.Simple.TEXT, true);

        assertThat(numbers(registry, schema(ID, wider))).containsEntry("age", 2);
        assertThat(numbers(registry, schema(ID, text))).containsEntry("age", 3);
        assertThat(numbers(registry, schema(ID, wider, NAME)))
                .as("from the latest version, where it is text")
                .containsEntry("age", 4);
        assertThat(numbers(registry, schema(ID, AGE, NAME))).containsEntry("age", 6);
    }

    @ParameterizedTest
    @EnumSource
    void another_order_or_nullability_is_no_other_version(Kept kept) {
        MemoryRegistry registry = kept.registry();
        byte[] first = record(registry, schema(ID, NAME, AGE), 1L, "a", 2);
        Column notNull = new Column("name", Type.Simple.TEXT, false);

        assertThat(record(registry, schema(ID, AGE, notNull), 1L, 2, "a")).isEqualTo(first);
        assertThat(versions(registry)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void deltas_of_an_earlier_schema_that_come_again_have_its_id(Kept kept) {
        MemoryRegistry registry = kept.registry();
        byte[] earlier = record(registry, schema(ID, NAME), 1L, "a");
        byte[] later = record(registry, schema(ID, NAME, AGE), 1L, "a", 2);

        assertThat(record(registry, schema(ID, NAME), 1L, "a")).isEqualTo(earlier);
        assertThat(record(registry, schema(ID, NAME, AGE), 1L, "a", 2)).isEqualTo(later);
        assertThat(Reader.id(earlier)).isNotEqualTo(Reader.id(later));
        assertThat(versions(registry)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void each_version_reads_what_the_others_have_in_common_with_it(Kept kept) {
        MemoryRegistry registry = kept.registry();
        byte[] first = record(registry, schema(ID, NAME, AGE), 1L, "a", 2);
        byte[] last = record(registry, schema(NOTE, ID, new Column("age", Type.Simple.INT64, true)), "b", 3L, 4L);
        Reader reader = new Reader(registry);

        Message old = (Message) Reader.get(Reader.parse(reader.read(last).getDescriptorForType(), first), "after");
        Message young = (Message) Reader.get(Reader.parse(reader.read(first).getDescriptorForType(), last), "after");

        assertThat(List.of(Reader.get(old, "id"), Reader.get(old, "age"), Reader.get(old, "note")))
                .containsExactly(1L, 2L, "");
        assertThat(List.of(Reader.get(young, "id"), Reader.get(young, "age"), Reader.get(young, "name")))
                .containsExactly(3L, 4, "");
    }

    @ParameterizedTest
    @EnumSource
    void labels_keep_their_numbers_too(Kept kept) {
        MemoryRegistry registry = kept.registry();
        labels(registry, "low", "high");

        assertThat(labels(registry, "low", "middle", "high"))
                .isEqualTo(Map.of("MOOD_UNSPECIFIED", 0, "MOOD_LOW", 1, "MOOD_HIGH", 2, "MOOD_MIDDLE", 3));
        assertThat(labels(registry, "middle", "high", "top"))
                .isEqualTo(Map.of("MOOD_UNSPECIFIED", 0, "MOOD_HIGH", 2, "MOOD_MIDDLE", 3, "MOOD_TOP", 4));
        assertThat(registry.versions("people-value").getLast()).contains("reserved 1;", "reserved \"MOOD_LOW\";");
        labels(registry, "low", "high");
        assertThat(versions(registry)).isEqualTo(3);
    }

    private static Map<String, Integer> labels(MemoryRegistry registry, String... labels) {
        Type mood = new Type.Enumeration("mood", List.of(labels));
        Column array = new Column("moods", new Type.Array(mood), true);
        return registered(registry, schema(ID, new Column("mood", mood, true), array))
                .findEnumTypeByName("MoodEnum")
                .getValues()
                .stream()
                .collect(Collectors.toMap(EnumValueDescriptor::getName, EnumValueDescriptor::getNumber));
    }

    @ParameterizedTest
    @EnumSource
    void a_keys_bytes_stay_the_same_whatever_happens_to_the_other_columns_and_to_enums(Kept kept) {
        MemoryRegistry registry = kept.registry();
        Column few = new Column("mood", new Type.Enumeration("mood", List.of("low")), false);
        Column more = new Column("mood", new Type.Enumeration("mood", List.of("low", "high")), false);
        Schema before = new Schema(new StreamId("people"), 1, List.of(ID, few, NAME), List.of(1, 0));
        Schema after = new Schema(new StreamId("people"), 2, List.of(AGE, more, ID), List.of(1, 2));
        ProtobufCodec codec = new ProtobufCodec(registry, "people", "shop");

        assertThat(codec.key(delta(after, 3, "low", 1L)))
                .isNotNull()
                .isEqualTo(codec.key(delta(before, 1L, "low", "a")));
        assertThat(registry.versions("people-key")).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void streams_that_share_a_topic_do_not_take_each_others_numbers(Kept kept) {
        MemoryRegistry registry = kept.registry();
        Schema pets = new Schema(new StreamId("pets"), 1, List.of(ID, AGE), List.of(0));
        assertThat(numbers(registry, schema(ID, NAME))).isEqualTo(Map.of("id", 1, "name", 2));
        assertThat(numbers(registry, pets)).isEqualTo(Map.of("id", 1, "age", 3));

        assertThat(numbers(registry, schema(ID, NAME))).isEqualTo(Map.of("id", 1, "name", 2));
        assertThat(numbers(registry, schema(ID, NAME, NOTE))).isEqualTo(Map.of("id", 1, "name", 2, "note", 4));
        assertThat(versions(registry)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void a_subject_with_other_schemas_is_refused_with_what_to_do(Kept kept) {
        MemoryRegistry registry = kept.registry();
        registry.id("people-value", SchemaRegistry.Language.PROTOBUF, """
                syntax = "proto3";
                message Person { int64 id = 1; }
                """);

        assertThatThrownBy(() -> record(registry, schema(ID), 1L))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "version 1 of the subject 'people-value' is none that the format protobuf has written (its message is no"
                                + " delta's), so the numbers of its fields cannot go on: write to another topic, or delete the subject");
    }
}
