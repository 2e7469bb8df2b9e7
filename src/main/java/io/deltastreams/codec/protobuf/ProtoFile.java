package io.deltastreams.codec.protobuf;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A .proto file as far as ours go: a package and one message. Two are equal whatever the order in which things stand in them.
 *
 * @param namespace the package
 */
record ProtoFile(String namespace, String name, Message message) {

    /** The message within a value that columns are fields of; a key's columns are its message's own. */
    static final String ROW = "Row";

    record Message(Numbered fields, Map<String, Message> messages, Map<String, Numbered> enums) {

        static Message of(Numbered fields) {
            return new Message(fields, Map.of(), Map.of());
        }

        private Message bare() {
            Map<String, Message> bareMessages = new HashMap<>();
            messages.forEach((name, message) -> bareMessages.put(name, message.bare()));
            Map<String, Numbered> bareEnums = new HashMap<>();
            enums.forEach((name, labels) -> bareEnums.put(name, labels.bare()));
            return new Message(fields.bare(), bareMessages, bareEnums);
        }
    }

    /** A field or an enum's label. */
    record Member(String kind, int number) {}

    /**
     * The fields of a message or the labels of an enum, by name.
     *
     * @param members the kind of a field is its type with what stands before it, {@code optional int64}; a label has none
     * @param reservedNumbers what no member may have any more
     */
    record Numbered(Map<String, Member> members, BitSet reservedNumbers, Set<String> reservedNames) {

        static Numbered of(Map<String, Member> members) {
            return new Numbered(members, new BitSet(), Set.of());
        }

        private Numbered bare() {
            return of(members);
        }

        /** The highest number that is or was in use; -1 if none. */
        int highest() {
            int highest = reservedNumbers.length() - 1;
            for (Member member : members.values()) {
                highest = Math.max(highest, member.number());
            }
            return highest;
        }
    }

    /** Without what is reserved: files that are equal then read and write the same bytes. */
    ProtoFile bare() {
        return new ProtoFile(namespace, name, message.bare());
    }

    /** The fields that stand for columns. */
    Numbered columns() {
        Message row = message.messages().get(ROW);
        return row == null ? message.fields() : row.fields();
    }

    /** The labels of an enum of this name, null if there is none. */
    @Nullable Numbered labels(String type) {
        return message.enums().get(type);
    }

    /** In the order of their numbers. */
    static Map<Integer, String> byNumber(Numbered numbered) {
        Map<Integer, String> names = new TreeMap<>();
        numbered.members().forEach((name, member) -> names.put(member.number(), name));
        return names;
    }
}
