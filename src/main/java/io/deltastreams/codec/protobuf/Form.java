package io.deltastreams.codec.protobuf;

import io.deltastreams.change.Type;
import io.deltastreams.codec.protobuf.ProtoFile.Member;
import io.deltastreams.codec.protobuf.ProtoFile.Message;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How the values of a column stand in a message. */
sealed interface Form {

    String INSTANT = "google.protobuf.Timestamp";

    /** The fields of an array's element, and the one of an array. */
    int VALUE = 1;

    int LIST = 2;
    int VALUES = 1;

    /** What the type is called in the file. */
    String type();

    /** One of Protobuf's own types, or a message that is the same in every file. */
    record Plain(String type, Type of) implements Form {}

    /** @param names of the labels in the enum, by label, in the type's order */
    record Labels(String type, Map<String, String> names) implements Form {}

    record Elements(Form element) implements Form {
        @Override
        public String type() {
            String name = element.type().substring(element.type().lastIndexOf('.') + 1);
            return Names.ofType(name) + "Array";
        }
    }

    static String map(String key, String value) {
        return "map<" + key + ", " + value + ">";
    }

    /**
     * @param field of the column
     * @param inKey whether a label stays text: a key's schema, whose id is part of its bytes, must not change when an enum gets a label
     * @param taken the names of types and labels in the file; those of an enum that this gives come to them
     */
    static Form of(Type type, String field, boolean inKey, Set<String> taken) {
        return switch (type) {
            case Type.Simple simple -> new Plain(simple(simple), type);
            case Type.Enumeration enumeration when !inKey -> labels(enumeration, field, taken);
            case Type.Numeric _, Type.Enumeration _, Type.Range _, Type.Opaque _ -> new Plain("string", type);
            case Type.Array array -> new Elements(of(array.element(), field, inKey, taken));
        };
    }

    private static String simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> "bool";
            case INT16, INT32, DATE -> "int32";
            case INT64, TIME, TIMESTAMP -> "int64";
            case FLOAT32 -> "float";
            case FLOAT64 -> "double";
            case TEXT, TIMETZ, UUID, JSON, XML, LTREE -> "string";
            case BYTES -> "bytes";
            case TIMESTAMPTZ -> INSTANT;
            case INTERVAL -> "Interval";
            case HSTORE -> "Hstore";
            case GEOMETRY -> "Geometry";
        };
    }

    private static Form labels(Type.Enumeration enumeration, String field, Set<String> taken) {
        String type = Names.ofType(field) + "Enum";
        Map<String, String> names = new LinkedHashMap<>();
        enumeration.labels().forEach(label -> names.put(label, Names.ofLabel(field, label)));
        Set<String> all = new HashSet<>(names.values());
        all.add(unspecified(field));
        all.add(type);
        boolean different = all.size() == names.size() + 2;
        boolean possible = different
                && !names.isEmpty()
                && !all.contains("")
                && all.stream().noneMatch(taken::contains);
        if (!possible) {
            return new Plain("string", enumeration);
        }
        taken.addAll(all);
        return new Labels(type, names);
    }

    /** The label that an enum has first. */
    static String unspecified(String field) {
        return Names.ofLabel(field, "unspecified");
    }

    /** Adds the messages that a form needs. */
    static void declare(Form form, Map<String, Message> messages) {
        switch (form) {
            case Plain plain -> {
                Message message = message(plain.type());
                if (!message.fields().members().isEmpty()) {
                    messages.put(plain.type(), message);
                }
            }
            case Labels _ -> {}
            case Elements elements -> {
                declare(elements.element(), messages);
                Message element = Message.of(fields(
                        List.of("value", "list"),
                        List.of("optional " + elements.element().type(), "optional " + elements.type())));
                messages.put(
                        elements.type(),
                        new Message(
                                fields(List.of("values"), List.of("repeated Element")),
                                Map.of("Element", element),
                                Map.of()));
            }
        }
    }

    private static Message message(String type) {
        return switch (type) {
            case "Interval" ->
                Message.of(fields(List.of("months", "days", "micros"), List.of("int32", "int32", "int64")));
            case "Geometry" -> Message.of(fields(List.of("wkb", "srid"), List.of("bytes", "optional int32")));
            case "Hstore" ->
                new Message(
                        fields(List.of("entries"), List.of(map("string", "Text"))),
                        Map.of("Text", Message.of(fields(List.of("value"), List.of("optional string")))),
                        Map.of());
            default -> Message.of(Numbered.of(Map.of()));
        };
    }

    /** Numbered from 1. */
    static Numbered fields(List<String> names, List<String> kinds) {
        Map<String, Member> fields = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            fields.put(names.get(i), new Member(kinds.get(i), i + 1));
        }
        return Numbered.of(fields);
    }
}
