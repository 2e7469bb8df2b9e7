package io.deltastreams.codec.protobuf;

import io.deltastreams.change.BinaryReader;
import java.io.IOException;
import java.util.Map;
import java.util.TreeSet;

/** A label as its number. */
record LabelWriter(Map<String, Integer> numbers) implements ValueWriter {

    @Override
    public void write(Output out, BinaryReader in) throws IOException {
        Integer number = numbers.get(in.text());
        if (number == null) {
            throw new IllegalArgumentException("a label that its type does not have; it has "
                    + String.join(", ", new TreeSet<>(numbers.keySet())));
        }
        out.out().writeEnumNoTag(number);
    }
}
