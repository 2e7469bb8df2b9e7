package io.deltastreams.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.apicurio.registry.utils.protobuf.schema.ProtobufFile;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.RandomDeltas;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtoParserTest {

    @Test
    void what_is_printed_is_read_as_the_same_file_in_whatever_form() {
        long seed = new Random().nextLong();
        System.out.println("ProtoParserTest seed " + seed);
        RandomDeltas random = new RandomDeltas(seed);
        for (int i = 0; i < 100; i++) {
            Schema schema = random.schema();
            List<Layout> layouts = new ArrayList<>(List.of(Layout.ofValue("a.b", schema)));
            if (schema.hasKey()) {
                layouts.add(Layout.ofKey("a.b", schema));
            }
            for (Layout layout : layouts) {
                Evolution.Version version = Evolution.choose(layout, "s", List.of(), ProtoParser::parse);
                String byWire = ProtobufFile.toProtoFileElement(version.text()).toSchema();
                assertThat(ProtoParser.parse(version.text())).as("seed " + seed).isEqualTo(version.file());
                assertThat(ProtoParser.parse(byWire)).as("seed " + seed).isEqualTo(version.file());
            }
        }
    }

    @Test
    void what_is_reserved_options_and_both_kinds_of_comments_are_read() {
        ProtoFile file = ProtoParser.parse("""
                /* A
                   comment; */
                syntax = 'proto3'; // another
                package x;
                option java_package = "y";
                message M {
                  option (z) = { a: "b;}" };
                  reserved 2, 5 to 7, "old", 'older';
                  optional .x.M.N n = 1 [json_name = "k", (o) = { p: [1] }];
                  map<string, M.N> all = 3;
                  message N { repeated .google.protobuf.Timestamp at = 1; }
                }
                """);

        ProtoFile.Numbered fields = file.message().fields();
        assertThat(fields.members())
                .containsOnlyKeys("n", "all")
                .containsEntry("n", new ProtoFile.Member("optional N", 1))
                .containsEntry("all", new ProtoFile.Member("map<string, N>", 3));
        assertThat(fields.reservedNumbers()).isEqualTo(BitSet.valueOf(new long[] {0b1110_0100}));
        assertThat(fields.reservedNames()).containsExactlyInAnyOrder("old", "older");
        assertThat(fields.highest()).isEqualTo(7);
        assertThat(file.message().messages().get("N"))
                .isEqualTo(ProtoFile.Message.of(
                        Form.fields(List.of("at"), List.of("repeated google.protobuf.Timestamp"))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"type": "record"}                                           | line 1: '{' where 'syntax' should stand
            syntax = "proto2";                                           | line 1: '"proto2"' where "proto3" should stand
            syntax = "proto3"; message M { oneof a { int32 b = 1; } }    | line 1: 'oneof' where a field should stand
            syntax = "proto3"; message M { int32 a = 1                   | line 1: it ends where ';' should stand
            syntax = "proto3"; message M { } message N { }               | line 1: 'message' where the end after the one message should stand
            syntax = "proto3"; message M { reserved 1 to max; }          | line 1: 'max' where a number should stand
            syntax = "proto3"; message M { ? }                           | line 1: nothing begins with '?'
            """)
    void what_is_not_of_this_form_is_refused(String text, String reason) {
        assertThatThrownBy(() -> ProtoParser.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(reason);
    }

    @ParameterizedTest
    @CsvSource({
        "orderId order_id, order_x49_d order_id",
        "order_1 order1, order_x5f_1 order1",
        "createdAt, createdAt",
        "a_b A_B a__b, a_x5f_b _x41__x5f__x42_ a__b",
    })
    void columns_that_are_one_in_json_are_told_apart(String columns, String fields) {
        assertThat(Names.fields(List.of(columns.split(" ")))).containsExactly(fields.split(" "));
    }

    @Test
    void different_columns_have_different_fields_and_each_can_be_told_from_its_own() {
        long seed = new Random().nextLong();
        System.out.println("ProtoParserTest seed " + seed);
        Random random = new Random(seed);
        String[] pieces = {"a", "A", "b", "_", "x", "5", "f", "_x5f_", "x20_", " ", "é", "😀"};
        for (int i = 0; i < 2000; i++) {
            Set<String> columns = new HashSet<>();
            for (int j = random.nextInt(12); j >= 0; j--) {
                StringBuilder name = new StringBuilder();
                for (int k = random.nextInt(5); k >= 0; k--) {
                    name.append(pieces[random.nextInt(pieces.length)]);
                }
                columns.add(name.toString());
            }
            List<String> names = List.copyOf(columns);
            List<String> fields = Names.fields(names);
            assertThat(fields).as("seed %d: %s", seed, names).doesNotHaveDuplicates();
            for (int j = 0; j < names.size(); j++) {
                assertThat(fields.get(j)).matches("[A-Za-z_][A-Za-z0-9_]*");
                assertThat(Reader.columnOf(fields.get(j))).as("seed " + seed).isEqualTo(names.get(j));
            }
        }
    }
}
