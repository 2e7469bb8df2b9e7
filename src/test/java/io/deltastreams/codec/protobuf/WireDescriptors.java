package io.deltastreams.codec.protobuf;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MessageOptions;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.TimestampProto;
import com.squareup.wire.schema.Field;
import com.squareup.wire.schema.internal.parser.EnumElement;
import com.squareup.wire.schema.internal.parser.FieldElement;
import com.squareup.wire.schema.internal.parser.MessageElement;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import com.squareup.wire.schema.internal.parser.ReservedElement;
import io.apicurio.registry.utils.protobuf.schema.ProtobufFile;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import kotlin.ranges.IntRange;

/** What protobuf-java makes of a text that Wire's parser, which the registries use, has read. */
final class WireDescriptors {

    private static final Set<String> SCALARS = Set.of("bool", "int32", "int64", "float", "double", "string", "bytes");

    private WireDescriptors() {}

    static FileDescriptor of(String text) {
        ProtoFileElement element = ProtobufFile.toProtoFileElement(text);
        FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder()
                .setName("file.proto")
                .setSyntax("proto3")
                .setPackage(Objects.requireNonNullElse(element.getPackageName(), ""))
                .addAllDependency(element.getImports());
        element.getTypes().forEach(type -> file.addMessageType(message((MessageElement) type)));
        FileDescriptor[] imports = element.getImports().isEmpty()
                ? new FileDescriptor[0]
                : new FileDescriptor[] {TimestampProto.getDescriptor()};
        try {
            return FileDescriptor.buildFrom(file.build(), imports);
        } catch (DescriptorValidationException e) {
            throw new AssertionError(text, e);
        }
    }

    private static DescriptorProto message(MessageElement element) {
        DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(element.getName());
        element.getFields().forEach(field -> field(message, field));
        element.getNestedTypes().forEach(type -> {
            if (type instanceof MessageElement nested) {
                message.addNestedType(message(nested));
            } else {
                message.addEnumType(labels((EnumElement) type));
            }
        });
        for (ReservedElement reserved : element.getReserveds()) {
            for (Object value : reserved.getValues()) {
                switch (value) {
                    case String name -> message.addReservedName(name);
                    case Integer number -> reserve(message, number, number);
                    case IntRange range -> reserve(message, range.getFirst(), range.getLast());
                    default -> throw new AssertionError(value);
                }
            }
        }
        return message.build();
    }

    private static void reserve(DescriptorProto.Builder message, int first, int last) {
        message.addReservedRangeBuilder().setStart(first).setEnd(last + 1);
    }

    private static EnumDescriptorProto labels(EnumElement element) {
        EnumDescriptorProto.Builder labels = EnumDescriptorProto.newBuilder().setName(element.getName());
        element.getConstants()
                .forEach(label ->
                        labels.addValueBuilder().setName(label.getName()).setNumber(label.getTag()));
        return labels.build();
    }

    private static void field(DescriptorProto.Builder message, FieldElement element) {
        FieldDescriptorProto.Builder field = message.addFieldBuilder()
                .setName(element.getName())
                .setNumber(element.getTag())
                .setLabel(element.getLabel() == Field.Label.REPEATED ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL);
        String type = element.getType();
        if (type.startsWith("map<")) {
            // As protoc does it: a map is a list of messages that say so.
            int comma = type.indexOf(',');
            DescriptorProto.Builder entry = message.addNestedTypeBuilder()
                    .setName(element.getName().substring(0, 1).toUpperCase(Locale.ROOT)
                            + element.getName().substring(1)
                            + "Entry")
                    .setOptions(MessageOptions.newBuilder().setMapEntry(true));
            type(
                    entry.addFieldBuilder().setName("key").setNumber(1).setLabel(Label.LABEL_OPTIONAL),
                    type.substring(4, comma));
            type(
                    entry.addFieldBuilder().setName("value").setNumber(2).setLabel(Label.LABEL_OPTIONAL),
                    type.substring(comma + 1, type.length() - 1).strip());
            field.setLabel(Label.LABEL_REPEATED).setTypeName(entry.getName());
            return;
        }
        type(field, type);
        if (element.getLabel() == Field.Label.OPTIONAL) {
            field.setProto3Optional(true).setOneofIndex(message.getOneofDeclCount());
            message.addOneofDeclBuilder().setName("_" + element.getName());
        }
    }

    private static void type(FieldDescriptorProto.Builder field, String type) {
        if (SCALARS.contains(type)) {
            field.setType(FieldDescriptorProto.Type.valueOf("TYPE_" + type.toUpperCase(Locale.ROOT)));
        } else {
            field.setTypeName(type);
        }
    }
}
