package io.deltastreams.codec.avro;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Bytes;

/** What needs no knowledge of the column: every value has a form. */
final class Values {

    private static final byte[] HEX = "0123456789abcdef".getBytes(UTF_8);
    private static final int FLOAT_NAN = 0x7fc00000;
    private static final long DOUBLE_NAN = 0x7ff8000000000000L;

    private Values() {}

    /** A union's branch, null being the first: {@link Forms#orNull}. */
    static void present(BinaryWriter out) {
        out.zigzag(1);
    }

    static void nothing(BinaryWriter out) {
        out.zigzag(0);
    }

    static Bytes utf8(String text) {
        return new Bytes(text.getBytes(UTF_8));
    }

    static void string(BinaryWriter out, String text) {
        string(out, text.getBytes(UTF_8));
    }

    static void string(BinaryWriter out, byte[] utf8) {
        out.zigzag(utf8.length);
        out.bytes(utf8, 0, utf8.length);
    }

    /** Texts and bytes alike. */
    static void text(BinaryWriter out, BinaryReader in) {
        text(out, in, in.count());
    }

    private static void text(BinaryWriter out, BinaryReader in, int length) {
        int start = in.position();
        in.skip(length);
        out.zigzag(length);
        out.bytes(in.array(), start, length);
    }

    /** Avro's floats have the lowest byte first. */
    static void float32(BinaryWriter out, BinaryReader in) {
        out.i32(Integer.reverseBytes(in.i32()));
    }

    static void float64(BinaryWriter out, BinaryReader in) {
        out.i64(Long.reverseBytes(in.i64()));
    }

    /** To a database zero has no sign, and there is one NaN. */
    static void canonicalFloat(BinaryWriter out, BinaryReader in) {
        int bits = in.i32();
        float value = Float.intBitsToFloat(bits);
        out.i32(Integer.reverseBytes(Float.isNaN(value) ? FLOAT_NAN : value == 0 ? 0 : bits));
    }

    static void canonicalDouble(BinaryWriter out, BinaryReader in) {
        long bits = in.i64();
        double value = Double.longBitsToDouble(bits);
        out.i64(Long.reverseBytes(Double.isNaN(value) ? DOUBLE_NAN : value == 0 ? 0 : bits));
    }

    static void interval(BinaryWriter out, BinaryReader in) {
        out.zigzag(in.zigzag32());
        out.zigzag(in.zigzag32());
        out.zigzag(in.zigzag64());
    }

    static void uuid(BinaryWriter out, BinaryReader in) {
        long high = in.i64();
        long low = in.i64();
        out.zigzag(36);
        hex(out, high >>> 32, 8);
        out.u8('-');
        hex(out, high >>> 16, 4);
        out.u8('-');
        hex(out, high, 4);
        out.u8('-');
        hex(out, low >>> 48, 4);
        out.u8('-');
        hex(out, low, 12);
    }

    private static void hex(BinaryWriter out, long number, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            out.u8(HEX[(int) (number >>> shift) & 0xf]);
        }
    }

    static void hstore(BinaryWriter out, BinaryReader in) {
        int count = in.count();
        beginBlock(out, count);
        for (int i = 0; i < count; i++) {
            text(out, in);
            int length = in.varint();
            if (length == 0) {
                nothing(out);
            } else {
                present(out);
                text(out, in, length - 1);
            }
        }
        endBlocks(out, count);
    }

    /** A map's or an array's content is one block, or none. */
    static void beginBlock(BinaryWriter out, int count) {
        out.zigzag(count);
    }

    static void endBlocks(BinaryWriter out, int count) {
        if (count > 0) {
            out.zigzag(0);
        }
    }

    static void geometry(BinaryWriter out, BinaryReader in) {
        boolean referenced = in.u8() != 0;
        int srid = referenced ? in.zigzag32() : 0;
        text(out, in);
        if (referenced) {
            present(out);
            out.zigzag(srid);
        } else {
            nothing(out);
        }
    }
}
