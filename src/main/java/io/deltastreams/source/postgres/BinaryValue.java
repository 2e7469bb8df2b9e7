package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/**
 * PostgreSQL's binary form of values (the {@code send} functions of its types), for the types that rows are mostly made of. All throw an
 * IllegalArgumentException where the bytes are none of the type's.
 */
final class BinaryValue {

    private static final int BOOL = 16;
    private static final int BYTEA = 17;
    private static final int NAME = 19;
    private static final int INT8 = 20;
    private static final int INT2 = 21;
    private static final int INT4 = 23;
    private static final int TEXT = 25;
    private static final int OID = 26;
    private static final int JSON = 114;
    private static final int FLOAT4 = 700;
    private static final int FLOAT8 = 701;
    private static final int BPCHAR = 1042;
    private static final int VARCHAR = 1043;
    private static final int DATE = 1082;
    private static final int TIME = 1083;
    private static final int TIMESTAMP = 1114;
    private static final int TIMESTAMPTZ = 1184;
    private static final int NUMERIC = 1700;
    private static final int UUID = 2950;
    private static final int JSONB = 3802;

    /** From 1970-01-01 to PostgreSQL's own epoch, 2000-01-01. */
    private static final long EPOCH_DAYS = 10_957;

    private static final long MICROS = 1_000_000;

    private BinaryValue() {}

    /** Empty for a type whose values are better asked for as text. */
    static Optional<Transcoder> of(Type type, int oid) {
        if (type instanceof Type.Enumeration) {
            return Optional.of(BinaryValue::raw);
        }
        return Optional.ofNullable(
                switch (oid) {
                    case BOOL -> (from, at, length, out) -> bits(from, at, length, 1, out);
                    case INT2 -> (from, at, length, out) -> out.zigzag((int) integer(from, at, length, 2));
                    case INT4 -> (from, at, length, out) -> out.zigzag((int) integer(from, at, length, 4));
                    case INT8 -> (from, at, length, out) -> out.zigzag(integer(from, at, length, 8));
                    case OID -> (from, at, length, out) -> out.zigzag(integer(from, at, length, 4) & 0xffff_ffffL);
                    case FLOAT4 -> (from, at, length, out) -> bits(from, at, length, 4, out);
                    case FLOAT8 -> (from, at, length, out) -> bits(from, at, length, 8, out);
                    case TEXT, VARCHAR, BPCHAR, NAME, JSON, BYTEA -> BinaryValue::raw;
                    case JSONB -> BinaryValue::jsonb;
                    case UUID -> (from, at, length, out) -> bits(from, at, length, 16, out);
                    case DATE -> BinaryValue::date;
                    case TIME -> (from, at, length, out) -> out.varlong(integer(from, at, length, 8));
                    case TIMESTAMP, TIMESTAMPTZ -> (from, at, length, out) -> moment(type, from, at, length, out);
                    case NUMERIC -> (from, at, length, out) -> numeric(type, from, at, length, out);
                    default -> null;
                });
    }

    private static void check(int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException("%d bytes where %d belong".formatted(length, expected));
        }
    }

    private static long integer(byte[] from, int at, int length, int expected) {
        check(length, expected);
        long value = from[at];
        for (int i = 1; i < length; i++) {
            value = value << 8 | (from[at + i] & 0xff);
        }
        return value;
    }

    private static void bits(byte[] from, int at, int length, int expected, BinaryWriter out) {
        check(length, expected);
        out.bytes(from, at, length);
    }

    private static void raw(byte[] from, int at, int length, BinaryWriter out) {
        out.varint(length);
        out.bytes(from, at, length);
    }

    /** A byte that says which form, of which there is one, then the text. */
    private static void jsonb(byte[] from, int at, int length, BinaryWriter out) {
        if (length < 1 || from[at] != 1) {
            throw new IllegalArgumentException("a jsonb of an unknown form");
        }
        raw(from, at + 1, length - 1, out);
    }

    private static void date(byte[] from, int at, int length, BinaryWriter out) {
        int day = (int) integer(from, at, length, 4);
        if (day == Integer.MAX_VALUE || day == Integer.MIN_VALUE) {
            RowCodec.write(day > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY, Type.Simple.DATE, out);
        } else {
            RowCodec.day(day + EPOCH_DAYS, out);
        }
    }

    private static void moment(Type type, byte[] from, int at, int length, BinaryWriter out) {
        long micros = integer(from, at, length, 8);
        if (micros == Long.MAX_VALUE || micros == Long.MIN_VALUE) {
            RowCodec.write(micros > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY, type, out);
        } else {
            long second = Math.floorDiv(micros, MICROS) + EPOCH_DAYS * 86_400;
            RowCodec.moment(second, (int) Math.floorMod(micros, MICROS) * 1000, out);
        }
    }

    /** Digits to the base 10000 (PostgreSQL source, {@code numeric_send}): how many, the first one's weight, the sign, the decimals shown. */
    private static void numeric(Type type, byte[] from, int at, int length, BinaryWriter out) {
        if (length < 8 || (length & 1) != 0) {
            throw new IllegalArgumentException("a numeric of %d bytes".formatted(length));
        }
        int count = pair(from, at);
        int weight = (short) pair(from, at + 2);
        int sign = pair(from, at + 4);
        int scale = pair(from, at + 6);
        switch (sign) {
            case 0, 0x4000 -> {}
            case 0xC000 -> {
                RowCodec.write(Special.NAN, type, out);
                return;
            }
            case 0xD000, 0xF000 -> {
                RowCodec.write(sign == 0xD000 ? Special.INFINITY : Special.NEGATIVE_INFINITY, type, out);
                return;
            }
            default -> throw new IllegalArgumentException("a numeric of an unknown sign");
        }
        if (length != 8 + 2 * count) {
            throw new IllegalArgumentException("a numeric of %d digits in %d bytes".formatted(count, length));
        }
        if (count == 0) {
            RowCodec.decimal(0, scale, out);
        } else if (weight >= -1 && (weight + 1) * 4 + scale <= 14) {
            long unscaled = unscaled(from, at + 8, count, weight, scale);
            RowCodec.decimal(sign == 0 ? unscaled : -unscaled, scale, out);
        } else {
            BigInteger digits = BigInteger.ZERO;
            for (int i = 0; i < count; i++) {
                digits =
                        digits.multiply(BigInteger.valueOf(10_000)).add(BigInteger.valueOf(pair(from, at + 8 + 2 * i)));
            }
            BigDecimal value = new BigDecimal(sign == 0 ? digits : digits.negate())
                    .scaleByPowerOfTen(4 * (weight - count + 1))
                    .setScale(scale);
            RowCodec.write(value, type, out);
        }
    }

    private static long unscaled(byte[] from, int at, int count, int weight, int scale) {
        long digits = 0;
        for (int i = 0; i < count; i++) {
            digits = digits * 10_000 + pair(from, at + 2 * i);
        }
        int power = 4 * (weight - count + 1) + scale;
        for (; power > 0; power--) {
            digits *= 10;
        }
        // Behind the decimals that are shown there are zeros.
        for (; power < 0; power++) {
            digits /= 10;
        }
        return digits;
    }

    private static int pair(byte[] from, int at) {
        return (from[at] & 0xff) << 8 | (from[at + 1] & 0xff);
    }
}
