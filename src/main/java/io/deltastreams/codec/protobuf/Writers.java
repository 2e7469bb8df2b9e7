package io.deltastreams.codec.protobuf;

import com.google.protobuf.WireFormat;
import io.deltastreams.change.Type;
import io.deltastreams.codec.protobuf.ProtoFile.Member;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The writer of each form. */
final class Writers {

    private final ProtoFile file;
    private final boolean canonical;

    /**
     * @param file that tells the labels' numbers
     * @param canonical whether values that are equal to the database give equal bytes, as keys must
     */
    Writers(ProtoFile file, boolean canonical) {
        this.file = file;
        this.canonical = canonical;
    }

    static int tag(int number, Form form) {
        int wireType = switch (form.type()) {
            case "bool", "int32", "int64" -> WireFormat.WIRETYPE_VARINT;
            case "float" -> WireFormat.WIRETYPE_FIXED32;
            case "double" -> WireFormat.WIRETYPE_FIXED64;
            default -> form instanceof Form.Labels ? WireFormat.WIRETYPE_VARINT : WireFormat.WIRETYPE_LENGTH_DELIMITED;
        };
        return tag(number, wireType);
    }

    static int message(int number) {
        return tag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    }

    static int varint(int number) {
        return tag(number, WireFormat.WIRETYPE_VARINT);
    }

    private static int tag(int number, int wireType) {
        return (number << 3) | wireType;
    }

    ValueWriter of(Form form) {
        return switch (form) {
            case Form.Plain plain -> plain(plain.of());
            case Form.Labels labels -> new LabelWriter(numbers(labels));
            case Form.Elements elements -> new ArrayWriter(tag(Form.VALUE, elements.element()), of(elements.element()));
        };
    }

    private Map<String, Integer> numbers(Form.Labels labels) {
        Map<String, Member> members =
                Objects.requireNonNull(file.labels(labels.type())).members();
        Map<String, Integer> numbers = new HashMap<>();
        labels.names()
                .forEach((label, name) -> numbers.put(
                        label, Objects.requireNonNull(members.get(name)).number()));
        return numbers;
    }

    private ValueWriter plain(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric _ -> canonical ? Decimals::canonical : Decimals::write;
            case Type.Enumeration _, Type.Range _, Type.Opaque _, Type.Array _ -> Values::bytes;
        };
    }

    private ValueWriter simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> Values::bool;
            case INT16, INT32 -> Values::int32;
            case INT64 -> Values::int64;
            case FLOAT32 -> canonical ? Values::canonicalFloat : Values::float32;
            case FLOAT64 -> canonical ? Values::canonicalDouble : Values::float64;
            case TEXT, JSON, XML, LTREE, BYTES -> Values::bytes;
            case DATE -> Values::date;
            case TIME -> Values::time;
            case TIMETZ -> Values::timeWithZone;
            case TIMESTAMP -> Values::timestamp;
            case TIMESTAMPTZ -> Values::instant;
            case INTERVAL -> Values::interval;
            case UUID -> Values::uuid;
            case HSTORE -> Values::hstore;
            case GEOMETRY -> Values::geometry;
        };
    }
}
