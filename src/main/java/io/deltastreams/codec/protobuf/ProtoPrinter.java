package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.protobuf.ProtoFile.Member;
import io.deltastreams.codec.protobuf.ProtoFile.Message;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The text of a file, always the same for the same one. */
final class ProtoPrinter {

    private static final Pattern LINE_ENDS = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]");

    private final Map<String, String> comments;
    private final StringBuilder text = new StringBuilder();

    private ProtoPrinter(Map<String, String> comments) {
        this.comments = comments;
    }

    /** @param comments what stands above a member, by its path within the file's message ({@code Row.id}) */
    static String print(ProtoFile file, Map<String, String> comments) {
        ProtoPrinter body = new ProtoPrinter(comments);
        body.message("", "", file.name(), file.message());
        return "syntax = \"proto3\";\n\npackage " + file.namespace() + ";\n\n"
                + (body.text.indexOf(Form.INSTANT) < 0 ? "" : "import \"google/protobuf/timestamp.proto\";\n\n")
                + body.text;
    }

    private void message(String indent, String path, String name, Message message) {
        text.append(indent).append("message ").append(name).append(" {\n");
        String within = indent + "  ";
        members(within, path, message.fields());
        message.enums().forEach((inner, labels) -> {
            text.append('\n').append(within).append("enum ").append(inner).append(" {\n");
            members(within + "  ", path + inner + ".", labels);
            text.append(within).append("}\n");
        });
        message.messages().forEach((inner, each) -> {
            text.append('\n');
            message(within, path + inner + ".", inner, each);
        });
        text.append(indent).append("}\n");
    }

    private void members(String indent, String path, Numbered numbered) {
        reserved(indent, numbered);
        ProtoFile.byNumber(numbered).forEach((number, name) -> {
            Member member = numbered.members().get(name);
            String comment = comments.get(path + name);
            if (comment != null) {
                text.append(indent)
                        .append("// ")
                        .append(LINE_ENDS.matcher(comment).replaceAll(" "))
                        .append('\n');
            }
            text.append(indent);
            if (member != null && !member.kind().isEmpty()) {
                text.append(member.kind()).append(' ');
            }
            text.append(name).append(" = ").append(number).append(";\n");
        });
    }

    private void reserved(String indent, Numbered numbered) {
        List<String> ranges = new ArrayList<>();
        BitSet numbers = numbered.reservedNumbers();
        int end;
        for (int first = numbers.nextSetBit(0); first >= 0; first = numbers.nextSetBit(end)) {
            end = numbers.nextClearBit(first);
            ranges.add(first == end - 1 ? String.valueOf(first) : first + " to " + (end - 1));
        }
        if (!ranges.isEmpty()) {
            text.append(indent)
                    .append("reserved ")
                    .append(String.join(", ", ranges))
                    .append(";\n");
        }
        if (!numbered.reservedNames().isEmpty()) {
            text.append(indent)
                    .append("reserved \"")
                    .append(String.join("\", \"", new TreeSet<>(numbered.reservedNames())))
                    .append("\";\n");
        }
    }
}
