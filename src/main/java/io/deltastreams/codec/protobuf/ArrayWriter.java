package io.deltastreams.codec.protobuf;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.RowCodec;
import java.io.IOException;

/**
 * An array as a message of elements: each has a value, or a list, which is again such a message, or is null.
 *
 * @param tag of an element's value
 */
record ArrayWriter(int tag, ValueWriter element) implements ValueWriter {

    private static final int VALUES = Writers.message(Form.VALUES);
    private static final int LIST = Writers.message(Form.LIST);

    @Override
    public void write(Output out, BinaryReader in) throws IOException {
        int array = out.open();
        long head = in.varlong();
        long count = RowCodec.elements(head, in);
        for (long i = 0; i < count; i++) {
            out.tag(VALUES);
            int within = out.open();
            switch (RowCodec.element(head, in)) {
                case NULL -> {}
                case VALUE -> {
                    out.tag(tag);
                    element.write(out, in);
                }
                case LIST -> {
                    out.tag(LIST);
                    write(out, in);
                }
            }
            out.close(within);
        }
        out.close(array);
    }
}
