package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;

/** Writes a value that came in one of PostgreSQL's forms in our binary form. */
@FunctionalInterface
interface Transcoder {

    /** @throws RuntimeException if the bytes are none of the type's */
    void write(byte[] from, int at, int length, BinaryWriter out);
}
