package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What stands before every record: its kind, its lengths and its checksums.
 *
 * @param durableBefore the file's offset up to which everything was synced before this record was written: damage before it cannot be a torn
 *     tail
 */
record Frame(int kind, int headLength, int payloadLength, int durableBefore, int headSum, int payloadSum) {

    static final int SIZE = 28;
    /** {@code DSS1}: the first record of a segment. */
    static final int SEGMENT = 0x44535331;
    /** {@code DSB1}. */
    static final int BATCH = 0x44534231;

    private static final int DURABLE_AT = 12;
    private static final int SUM_AT = 24;

    /** Leaves room for the frame, which {@link #close} and {@link #place} fill. */
    static void open(BinaryWriter out) {
        out.i64(0);
        out.i64(0);
        out.i64(0);
        out.i32(0);
    }

    /** Fills in what the content decides; everything behind {@code headEnd} is payload. */
    static void close(BinaryWriter out, int kind, int headEnd) {
        int head = headEnd - SIZE;
        int payload = out.size() - headEnd;
        out.i32At(0, kind);
        out.i32At(4, head);
        out.i32At(8, payload);
        out.i32At(16, sum(out.array(), SIZE, head));
        out.i32At(20, sum(out.array(), headEnd, payload));
    }

    /** Fills in what the place in the file decides. */
    static void place(BinaryWriter out, int offset, int durableBefore) {
        out.i32At(DURABLE_AT, durableBefore);
        out.i32At(SUM_AT, sum(out.array(), 0, SUM_AT) ^ offset);
    }

    /** The frame in the 28 bytes at {@code at}, which stand at {@code offset} of the file; null if they are none. */
    static @Nullable Frame parse(byte[] array, int at, int offset) {
        BinaryReader in = new BinaryReader(array, at, SIZE);
        Frame frame = new Frame(in.i32(), in.i32(), in.i32(), in.i32(), in.i32(), in.i32());
        boolean valid = in.i32() == (sum(array, at, SUM_AT) ^ offset)
                && (frame.kind == SEGMENT || frame.kind == BATCH)
                && frame.headLength >= 0
                && frame.payloadLength >= 0;
        return valid ? frame : null;
    }

    long length() {
        return (long) SIZE + headLength + payloadLength;
    }

    boolean headFits(byte[] array, int at) {
        return sum(array, at, headLength) == headSum;
    }

    boolean payloadFits(byte[] array, int at) {
        return sum(array, at, payloadLength) == payloadSum;
    }

    static int sum(byte[] array, int offset, int length) {
        CRC32C sum = new CRC32C();
        sum.update(array, offset, length);
        return (int) sum.getValue();
    }
}
