package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.protobuf.ProtoFile.Member;
import io.deltastreams.codec.protobuf.ProtoFile.Message;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What every value's message has beside its columns. The numbers are for ever. */
final class Envelope {

    static final int POSITION = 1;
    static final int OP = 2;
    static final int STREAM = 3;
    static final int TABLE = 4;
    static final int BEFORE = 5;
    static final int AFTER = 6;
    static final int UNCHANGED = 7;
    static final int UNKNOWN = 8;
    static final int TX = 9;
    static final int COMMITTED_AT = 10;
    static final int SCHEMA = 11;
    static final int SNAPSHOT = 12;

    static final int TX_ID = 1;
    static final int TX_LAST = 2;

    static final int INSERT = 1;
    static final int UPDATE = 2;
    static final int DELETE = 3;
    static final int TRUNCATE = 4;

    static final Numbered FIELDS = Form.fields(
            List.of(
                    "position",
                    "op",
                    "stream",
                    "table",
                    "before",
                    "after",
                    "unchanged",
                    "unknown",
                    "tx",
                    "committed_at",
                    "schema",
                    "snapshot"),
            List.of(
                    "string",
                    "Op",
                    "string",
                    "string",
                    "optional " + ProtoFile.ROW,
                    "optional " + ProtoFile.ROW,
                    "repeated string",
                    "repeated string",
                    "Tx",
                    Form.INSTANT,
                    "int32",
                    "bool"));

    static final Numbered OPERATIONS = Numbered.of(Map.of(
            "OP_UNSPECIFIED", new Member("", 0),
            "OP_INSERT", new Member("", INSERT),
            "OP_UPDATE", new Member("", UPDATE),
            "OP_DELETE", new Member("", DELETE),
            "OP_TRUNCATE", new Member("", TRUNCATE)));

    static final Map<String, String> COMMENTS = Map.of(
            "unchanged", "Fields of after that the update left as they were and did not send.",
            "unknown", "Fields of before that nobody told; every other one that is not there is null.",
            "Tx.last", "Whether this is the transaction's last delta in the stream.",
            "schema", "The version of the stream's schema.");

    private static final Message TRANSACTION =
            Message.of(Form.fields(List.of("id", "last"), List.of("string", "bool")));

    private Envelope() {}

    static Message around(Message row, Map<String, Message> messages, Map<String, Numbered> enums) {
        Map<String, Message> allMessages = new LinkedHashMap<>();
        allMessages.put(ProtoFile.ROW, row);
        allMessages.put("Tx", TRANSACTION);
        allMessages.putAll(messages);
        Map<String, Numbered> allEnums = new LinkedHashMap<>();
        allEnums.put("Op", OPERATIONS);
        allEnums.putAll(enums);
        return new Message(FIELDS, allMessages, allEnums);
    }

    /** Whether a message is such a one, of this release or a later one. */
    static boolean isAround(Message message) {
        return message.messages().containsKey(ProtoFile.ROW)
                && message.fields()
                        .members()
                        .entrySet()
                        .containsAll(FIELDS.members().entrySet());
    }
}
