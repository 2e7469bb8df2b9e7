package io.deltastreams.codec.protobuf;

import com.google.protobuf.CodedOutputStream;
import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import java.io.IOException;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;

/** Writes the values of types without parameters in the forms that this package's table lists; each a {@link ValueWriter}. */
final class Values {

    /** Six decimals, nine where there are more, as the format json has it. */
    private static final DateTimeFormatter CLOCK = new DateTimeFormatterBuilder()
            .appendPattern("HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 6, 9, true)
            .toFormatter();

    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    private static final int UUID_LENGTH = 36;
    private static final long MICROS = 1_000_000;

    private static final int FIRST = Writers.message(1);
    private static final int SECOND = Writers.message(2);

    private Values() {}

    static void bool(Output out, BinaryReader in) throws IOException {
        out.out().writeBoolNoTag(in.u8() != 0);
    }

    static void int32(Output out, BinaryReader in) throws IOException {
        out.out().writeInt32NoTag(in.zigzag32());
    }

    static void int64(Output out, BinaryReader in) throws IOException {
        out.out().writeInt64NoTag(in.zigzag64());
    }

    static void float32(Output out, BinaryReader in) throws IOException {
        out.out().writeFixed32NoTag(in.i32());
    }

    static void float64(Output out, BinaryReader in) throws IOException {
        out.out().writeFixed64NoTag(in.i64());
    }

    /** One zero, one NaN. */
    static void canonicalFloat(Output out, BinaryReader in) throws IOException {
        out.out().writeFixed32NoTag(Float.floatToIntBits(Float.intBitsToFloat(in.i32()) + 0f));
    }

    static void canonicalDouble(Output out, BinaryReader in) throws IOException {
        out.out().writeFixed64NoTag(Double.doubleToLongBits(Double.longBitsToDouble(in.i64()) + 0d));
    }

    /** Bytes, or a text, which is UTF-8 in both forms. */
    static void bytes(Output out, BinaryReader in) throws IOException {
        bytes(out, in, in.count());
    }

    private static void bytes(Output out, BinaryReader in, int length) throws IOException {
        int start = in.position();
        in.skip(length);
        out.bytes(in.array(), start, length);
    }

    static void date(Output out, BinaryReader in) throws IOException {
        Special special = RowCodec.special(in);
        if (special != null) {
            out.out().writeInt32NoTag(special == Special.INFINITY ? Integer.MAX_VALUE : Integer.MIN_VALUE);
            return;
        }
        long day = RowCodec.daysOrSeconds(in);
        if (day <= Integer.MIN_VALUE || day >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a date beyond what days in 32 bits reach");
        }
        out.out().writeInt32NoTag((int) day);
    }

    static void time(Output out, BinaryReader in) throws IOException {
        out.out().writeInt64NoTag(in.varlong());
    }

    static void timeWithZone(Output out, BinaryReader in) throws IOException {
        LocalTime time = LocalTime.ofNanoOfDay(in.varlong());
        out.text(CLOCK.format(time) + ZoneOffset.ofTotalSeconds(in.zigzag32()).getId());
    }

    static void timestamp(Output out, BinaryReader in) throws IOException {
        Special special = RowCodec.special(in);
        if (special != null) {
            out.out().writeInt64NoTag(end(special));
            return;
        }
        long second = RowCodec.daysOrSeconds(in);
        int nano = RowCodec.nano(in);
        if (nano % 1000 != 0) {
            throw new IllegalArgumentException("a timestamp that counts nanoseconds, where microseconds are written");
        }
        // The outermost values are the infinities.
        if (Math.abs(second) >= Long.MAX_VALUE / MICROS) {
            throw new IllegalArgumentException(
                    "a timestamp beyond what microseconds in 64 bits reach, in the year 294247");
        }
        out.out().writeInt64NoTag(second * MICROS + nano / 1000);
    }

    private static long end(Special special) {
        return special == Special.INFINITY ? Long.MAX_VALUE : Long.MIN_VALUE;
    }

    static void instant(Output out, BinaryReader in) throws IOException {
        Special special = RowCodec.special(in);
        if (special != null) {
            instant(out, end(special), 0);
        } else {
            long second = RowCodec.daysOrSeconds(in);
            instant(out, second, RowCodec.nano(in));
        }
    }

    static void instant(Output out, long second, int nano) throws IOException {
        CodedOutputStream coded = out.out();
        coded.writeUInt32NoTag((second == 0 ? 0 : CodedOutputStream.computeInt64Size(1, second))
                + (nano == 0 ? 0 : CodedOutputStream.computeInt32Size(2, nano)));
        if (second != 0) {
            coded.writeInt64(1, second);
        }
        if (nano != 0) {
            coded.writeInt32(2, nano);
        }
    }

    static void interval(Output out, BinaryReader in) throws IOException {
        int interval = out.open();
        int months = in.zigzag32();
        if (months != 0) {
            out.out().writeInt32(1, months);
        }
        int days = in.zigzag32();
        if (days != 0) {
            out.out().writeInt32(2, days);
        }
        long micros = in.zigzag64();
        if (micros != 0) {
            out.out().writeInt64(3, micros);
        }
        out.close(interval);
    }

    static void uuid(Output out, BinaryReader in) throws IOException {
        byte[] text = new byte[UUID_LENGTH];
        long half = in.i64();
        int digits = 0;
        for (int at = 0; at < UUID_LENGTH; at++) {
            if (at == 8 || at == 13 || at == 18 || at == 23) {
                text[at] = '-';
                continue;
            }
            if (digits == 16) {
                half = in.i64();
            }
            text[at] = HEX[(int) (half >>> (60 - 4 * (digits++ & 15))) & 0xf];
        }
        out.bytes(text, 0, UUID_LENGTH);
    }

    /** In the order of its keys, which is the binary form's. */
    static void hstore(Output out, BinaryReader in) throws IOException {
        int hstore = out.open();
        for (int left = in.count(); left > 0; left--) {
            out.tag(FIRST);
            int entry = out.open();
            out.tag(FIRST);
            bytes(out, in);
            out.tag(SECOND);
            int text = out.open();
            int length = in.varint();
            if (length > 0) {
                out.tag(FIRST);
                bytes(out, in, length - 1);
            }
            out.close(text);
            out.close(entry);
        }
        out.close(hstore);
    }

    static void geometry(Output out, BinaryReader in) throws IOException {
        int geometry = out.open();
        boolean referenced = in.u8() != 0;
        int srid = referenced ? in.zigzag32() : 0;
        int length = in.count();
        if (length > 0) {
            out.tag(FIRST);
            bytes(out, in, length);
        }
        if (referenced) {
            out.out().writeInt32(2, srid);
        }
        out.close(geometry);
    }
}
