package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.protobuf.ProtoFile.Member;
import io.deltastreams.codec.protobuf.ProtoFile.Message;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Reads files like {@link ProtoPrinter}'s, however a registry has formatted them since: the part of <a
 * href="https://protobuf.dev/reference/protobuf/proto3-spec/">proto3</a> that has messages, {@code optional}, {@code repeated} and {@code map}
 * fields, enums and {@code reserved}. Imports and options say nothing that matters here. Everything else is an {@link IllegalArgumentException}.
 */
final class ProtoParser {

    /** Of reserved numbers, so that a text cannot ask for memory. */
    private static final int HIGHEST = 1_000_000;

    private final ProtoTokens in;

    private ProtoParser(String text) {
        this.in = new ProtoTokens(text);
    }

    static ProtoFile parse(String text) {
        return new ProtoParser(text).file();
    }

    private ProtoFile file() {
        String namespace = "";
        in.expect("syntax");
        in.expect("=");
        if (!in.takeIf("\"proto3\"") && !in.takeIf("'proto3'")) {
            throw in.unexpected("\"proto3\"");
        }
        in.expect(";");
        while (!in.peek().equals("message")) {
            if (in.takeIf("package")) {
                namespace = in.path();
                in.expect(";");
            } else {
                statement("a message");
            }
        }
        in.expect("message");
        ProtoFile file = new ProtoFile(namespace, in.name(), message());
        while (!in.atEnd()) {
            statement("the end after the one message");
        }
        return file;
    }

    private void statement(String wanted) {
        if (in.takeIf("import") || in.takeIf("option")) {
            in.skipThrough(";");
        } else if (!in.takeIf(";")) {
            throw in.unexpected(wanted);
        }
    }

    /** The fields or labels of one block while they are read. */
    private record Block(Map<String, Member> members, BitSet numbers, Set<String> names) {
        Block() {
            this(new LinkedHashMap<>(), new BitSet(), new LinkedHashSet<>());
        }

        Numbered numbered() {
            return new Numbered(members, numbers, names);
        }
    }

    private Message message() {
        Block fields = new Block();
        Map<String, Message> messages = new LinkedHashMap<>();
        Map<String, Numbered> enums = new LinkedHashMap<>();
        in.expect("{");
        while (!in.takeIf("}")) {
            if (in.takeIf("message")) {
                messages.put(in.name(), message());
            } else if (in.takeIf("enum")) {
                enums.put(in.name(), labels());
            } else if (!common(fields)) {
                field(fields);
            }
        }
        return new Message(fields.numbered(), messages, enums);
    }

    private Numbered labels() {
        Block labels = new Block();
        in.expect("{");
        while (!in.takeIf("}")) {
            if (!common(labels)) {
                member(labels, "");
            }
        }
        return labels.numbered();
    }

    /** What stands in messages and enums alike. */
    private boolean common(Block block) {
        if (in.takeIf("option")) {
            in.skipThrough(";");
        } else if (in.takeIf("reserved")) {
            reserved(block);
        } else {
            return in.takeIf(";");
        }
        return true;
    }

    private void reserved(Block block) {
        do {
            if (in.peek().startsWith("\"") || in.peek().startsWith("'")) {
                String quoted = in.take();
                block.names().add(quoted.substring(1, quoted.length() - 1));
            } else {
                int first = in.number();
                int last = in.takeIf("to") ? in.number() : first;
                if (last < first || last > HIGHEST) {
                    throw in.unexpected("a range up to " + HIGHEST);
                }
                block.numbers().set(first, last + 1);
            }
        } while (in.takeIf(","));
        in.expect(";");
    }

    private void field(Block fields) {
        if (in.takeIf("optional")) {
            member(fields, "optional " + type());
        } else if (in.takeIf("repeated")) {
            member(fields, "repeated " + type());
        } else if (in.peek().equals("oneof") || in.peek().equals("extensions")) {
            throw in.unexpected("a field");
        } else {
            String type = type();
            if (type.equals("map") && in.takeIf("<")) {
                String key = type();
                in.expect(",");
                type = Form.map(key, type());
                in.expect(">");
            }
            member(fields, type);
        }
    }

    /** What a file calls its own types needs no scope: their names differ. */
    private String type() {
        String path = in.path();
        String absolute = path.startsWith(".") ? path.substring(1) : path;
        return absolute.equals(Form.INSTANT) ? absolute : absolute.substring(absolute.lastIndexOf('.') + 1);
    }

    private void member(Block block, String kind) {
        String name = in.name();
        in.expect("=");
        Member member = new Member(kind, in.number());
        if (in.takeIf("[")) {
            in.skipThrough("]");
        }
        in.expect(";");
        if (block.members().containsKey(name)
                || block.members().values().stream().anyMatch(other -> other.number() == member.number())) {
            throw in.unexpected("no second '%s' or %d".formatted(name, member.number()));
        }
        block.members().put(name, member);
    }
}
