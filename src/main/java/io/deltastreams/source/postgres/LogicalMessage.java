package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryReader;
import java.nio.charset.StandardCharsets;

/**
 * What pgoutput's Message tells in front of its content (PostgreSQL manual, "Logical Replication Message Formats").
 *
 * @param lsn behind its record
 */
record LogicalMessage(boolean transactional, long lsn, String prefix) {

    /** What messages have for a relation's number: no table has it. */
    static final int RELATION = 0;

    /** @param in behind the kind and, in a block, the transaction's number */
    static LogicalMessage read(BinaryReader in) {
        return new LogicalMessage(in.u8() != 0, in.i64(), Shapes.text(in));
    }

    /** @param in behind what {@link #read} takes; the content has to be text */
    static String content(BinaryReader in) {
        int length = in.i32();
        int start = in.position();
        in.skip(length);
        return new String(in.array(), start, length, StandardCharsets.UTF_8);
    }
}
