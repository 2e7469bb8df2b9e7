package io.deltastreams.codec.avro;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import java.util.Arrays;
import java.util.List;

/** A label as its place among all of them. */
final class EnumWriter implements ValueWriter {

    private final byte[][] labels;
    private final String where;

    private EnumWriter(byte[][] labels, String where) {
        this.labels = labels;
        this.where = where;
    }

    /**
     * @param labels symbols of Avro: ASCII
     * @param where the column, for messages
     */
    static EnumWriter of(List<String> labels, String where) {
        return new EnumWriter(
                labels.stream().map(label -> label.getBytes(US_ASCII)).toArray(byte[][]::new), where);
    }

    @Override
    public void write(BinaryWriter out, BinaryReader in) {
        int length = in.count();
        int start = in.position();
        in.skip(length);
        for (int i = 0; i < labels.length; i++) {
            if (Arrays.equals(in.array(), start, start + length, labels[i], 0, labels[i].length)) {
                out.zigzag(i);
                return;
            }
        }
        throw new IllegalArgumentException("%s holds a label that its type does not have; it has %s"
                .formatted(
                        where,
                        String.join(
                                ", ",
                                Arrays.stream(labels)
                                        .map(label -> new String(label, US_ASCII))
                                        .toList())));
    }
}
