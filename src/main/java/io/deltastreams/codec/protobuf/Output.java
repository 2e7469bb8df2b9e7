package io.deltastreams.codec.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import io.deltastreams.change.Bytes;
import io.deltastreams.codec.WireFormat;
import java.io.IOException;
import java.util.Arrays;

/**
 * A record while it is written, in room that is used again. A message within it gets its length when it ends, and moves if that takes more than a
 * byte: most are short, and none is written twice. Not thread-safe.
 *
 * <p>What does not fit is {@link CodedOutputStream.OutOfSpaceException}, and all is to be written again after {@link #grow}.
 */
final class Output {

    /** The schema's id, and a zero: the message is the file's first. */
    private static final int HEAD = WireFormat.LENGTH + 1;

    private static final int LARGEST = Integer.MAX_VALUE - 8;
    private static final int LONGEST_KEPT = 64 << 10;
    private static final byte[] ROOM = new byte[5];

    private byte[] array = new byte[1024];
    private CodedOutputStream out = CodedOutputStream.newInstance(array);

    void begin() {
        out = CodedOutputStream.newInstance(array, HEAD, array.length - HEAD);
    }

    byte[] end(int schema) {
        byte[] record = Arrays.copyOf(array, position());
        WireFormat.write(record, schema);
        record[WireFormat.LENGTH] = 0;
        if (array.length > LONGEST_KEPT) {
            array = new byte[LONGEST_KEPT];
        }
        return record;
    }

    void grow() {
        if (array.length == LARGEST) {
            throw new IllegalArgumentException("more than 2 GiB of Protobuf in one record");
        }
        array = new byte[(int) Math.min(2L * array.length, LARGEST)];
    }

    private int position() {
        return array.length - out.spaceLeft();
    }

    /** What Protobuf's own types are written to. */
    CodedOutputStream out() {
        return out;
    }

    void tag(int tag) throws IOException {
        out.writeUInt32NoTag(tag);
    }

    /** Bytes that are a tag and what belongs to it. */
    void raw(Bytes field) throws IOException {
        out.write(field.array(), 0, field.array().length);
    }

    void bytes(byte[] source, int start, int length) throws IOException {
        out.writeUInt32NoTag(length);
        out.write(source, start, length);
    }

    void text(String text) throws IOException {
        byte[] utf8 = text.getBytes(UTF_8);
        bytes(utf8, 0, utf8.length);
    }

    /** Begins a message, of which the tag stands already. Gives what ends it. */
    int open() throws IOException {
        out.write((byte) 0);
        return position();
    }

    /** Ends the message that begins there. */
    void close(int start) throws IOException {
        int length = position() - start;
        int more = CodedOutputStream.computeUInt32SizeNoTag(length) - 1;
        if (more > 0) {
            out.write(ROOM, 0, more);
            System.arraycopy(array, start, array, start + more, length);
        }
        int at = start - 1;
        int rest = length;
        for (; rest > 0x7f; rest >>>= 7) {
            array[at++] = (byte) (rest | 0x80);
        }
        array[at] = (byte) rest;
    }
}
