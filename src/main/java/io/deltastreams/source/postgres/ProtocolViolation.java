package io.deltastreams.source.postgres;

import io.deltastreams.change.Schema;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;

/** A message of the server's that does not read. It says where and why and quotes nothing of it (Invariant 9). */
final class ProtocolViolation extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private ProtocolViolation(String where, IllegalArgumentException why) {
        super(where + " does not read: " + why.getMessage(), why);
    }

    /** @param near the last place that the server has told, if any */
    static ProtocolViolation of(int kind, int length, @Nullable LogSequenceNumber near, IllegalArgumentException why) {
        return new ProtocolViolation(
                "a message of kind %s and %d bytes near %s"
                        .formatted(
                                kind > ' ' && kind < 127 ? "'" + (char) kind + "'" : Integer.toString(kind),
                                length,
                                near == null ? "the start" : near.asString()),
                why);
    }

    static ProtocolViolation of(Extent extent, IllegalArgumentException why) {
        return new ProtocolViolation(
                "a copy of %s, pages %d to %d,".formatted(extent.heap(), extent.firstPage(), extent.endPage() - 1),
                why);
    }

    static ProtocolViolation of(SnapshotTable chunked, IllegalArgumentException why) {
        return new ProtocolViolation(
                "a chunk of %s".formatted(chunked.schema().relation().text()), why);
    }

    /** Of a value that was asked for by its row's key. */
    static ProtocolViolation of(Schema schema, int column) {
        return new ProtocolViolation(
                "a present row of " + schema.relation().text(),
                new IllegalArgumentException("a value of column '%s' that is no %s"
                        .formatted(
                                schema.columns().get(column).name(),
                                schema.columns().get(column).type())));
    }

    static ProtocolViolation of(Conveyor.Origin transaction, IllegalArgumentException why) {
        return new ProtocolViolation(
                "a row of transaction %s, which ends at %s,"
                        .formatted(
                                transaction.id(),
                                LogSequenceNumber.valueOf(transaction.commit()).asString()),
                why);
    }
}
