package io.deltastreams.codec.protobuf;

import io.deltastreams.change.BinaryReader;
import java.io.IOException;

/** Writes the values of one type behind their field's tag, from their binary form. */
interface ValueWriter {

    /** Writes the value that {@code in} stands before; it is not null. */
    void write(Output out, BinaryReader in) throws IOException;
}
