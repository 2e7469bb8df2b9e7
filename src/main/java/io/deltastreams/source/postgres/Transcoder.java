package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Schema;

/** Writes a value that came in one of PostgreSQL's forms in our binary form. */
@FunctionalInterface
interface Transcoder {

    /** @throws RuntimeException if the bytes are none of the type's */
    void write(byte[] from, int at, int length, BinaryWriter out);

    /**
     * The same for a column's value.
     *
     * @throws IllegalArgumentException that names the column; nothing of the value, which the cause may quote (Invariant 9)
     */
    default void write(Schema schema, int column, byte[] from, int at, int length, BinaryWriter out) {
        try {
            write(from, at, length, out);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("a value of column '%s' of %s that is no %s"
                    .formatted(
                            schema.columns().get(column).name(),
                            schema.relation().text(),
                            schema.columns().get(column).type()));
        }
    }
}
