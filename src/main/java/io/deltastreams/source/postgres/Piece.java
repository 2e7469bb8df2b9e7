package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;

/**
 * Some of a transaction's row messages in order, raw, and what their relation numbers mean. Of each message: its length, the number of the
 * subtransaction that it belongs to (0 where it was sent at the commit), and itself.
 */
final class Piece {

    private final Relations relations;
    private final BinaryWriter messages;

    Piece(Relations relations, int capacity) {
        this.relations = relations;
        this.messages = new BinaryWriter(capacity);
    }

    Relations relations() {
        return relations;
    }

    /** Of which the first {@link #size} count. */
    byte[] bytes() {
        return messages.array();
    }

    int size() {
        return messages.size();
    }

    void add(int subtransaction, byte[] bytes, int offset, int length) {
        messages.i32(length);
        messages.i32(subtransaction);
        messages.bytes(bytes, offset, length);
    }

    /** The piece, read back from where it was put aside. */
    void restore(byte[] bytes) {
        messages.bytes(bytes, 0, bytes.length);
    }
}
