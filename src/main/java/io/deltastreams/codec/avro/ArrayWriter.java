package io.deltastreams.codec.avro;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.RowCodec;

/**
 * Arrays of one dimension. PostgreSQL's column types do not say how many there are, and in Avro the type must.
 *
 * @param where the column, for messages
 */
record ArrayWriter(ValueWriter element, String where) implements ValueWriter {

    @Override
    public void write(BinaryWriter out, BinaryReader in) {
        long head = in.varlong();
        // As many as there are bytes at most.
        int count = (int) RowCodec.elements(head, in);
        Values.beginBlock(out, count);
        for (int i = 0; i < count; i++) {
            switch (RowCodec.element(head, in)) {
                case NULL -> Values.nothing(out);
                case VALUE -> {
                    Values.present(out);
                    element.write(out, in);
                }
                case LIST ->
                    throw new IllegalArgumentException(
                            "%s holds an array of more than one dimension, which format avro has no form for; leave the column out or choose format json"
                                    .formatted(where));
            }
        }
        Values.endBlocks(out, count);
    }
}
