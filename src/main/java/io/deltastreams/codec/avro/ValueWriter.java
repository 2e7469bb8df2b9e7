package io.deltastreams.codec.avro;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;

/**
 * Writes values of one column in Avro's binary encoding. Thread-safe.
 *
 * <p>Of {@link BinaryWriter} it uses what is the same there: {@code zigzag} is Avro's int and long.
 */
interface ValueWriter {

    /**
     * Writes the value that {@code in} stands before, in {@link io.deltastreams.change.RowCodec}'s form; it is not null.
     *
     * @throws IllegalArgumentException if the value has no form; names the column, and of the value what is wrong with it
     */
    void write(BinaryWriter out, BinaryReader in);
}
