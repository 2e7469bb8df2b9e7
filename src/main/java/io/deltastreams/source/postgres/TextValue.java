package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Type;
import io.deltastreams.postgres.PgText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * PostgreSQL's text form of values. What is frequent goes from bytes to bytes; the rest through the value that it stands for. All throw an
 * IllegalArgumentException where the text is none of the type's.
 */
final class TextValue {

    /** PostgreSQL's object identifier of {@code money}. */
    private static final int MONEY = 790;

    private static final int MONEY_ARRAY = 791;

    private static final Type.Numeric ANY_NUMERIC = new Type.Numeric(0, 0);

    private TextValue() {}

    /** @param oid of the column's type at the server */
    static Transcoder of(Type type, int oid) {
        if (oid == MONEY) {
            return TextValue::money;
        }
        if (oid == MONEY_ARRAY) {
            return (text, at, length, out) -> moneys(type, text, at, length, out);
        }
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric _ -> TextValue::numeric;
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> TextValue::text;
            case Type.Array _ -> slow(type);
        };
    }

    private static Transcoder simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> (text, at, _, out) -> out.u8(text[at] == 't' ? 1 : 0);
            case INT16, INT32 -> (text, at, length, out) -> out.zigzag((int) integer(text, at, length));
            case INT64 -> (text, at, length, out) -> out.zigzag(integer(text, at, length));
            case TEXT, JSON, XML, LTREE -> TextValue::text;
            case BYTES -> TextValue::bytes;
            case DATE -> TextValue::date;
            case TIMESTAMP, TIMESTAMPTZ -> (text, at, length, out) -> moment(type, text, at, length, out);
            case UUID -> TextValue::uuid;
            case FLOAT32, FLOAT64, TIME, TIMETZ, INTERVAL, HSTORE, GEOMETRY -> slow(type);
        };
    }

    private static Transcoder slow(Type type) {
        return (text, at, length, out) -> slowly(type, text, at, length, out);
    }

    private static void slowly(Type type, byte[] text, int at, int length, BinaryWriter out) {
        RowCodec.write(PgText.value(type, new String(text, at, length, StandardCharsets.UTF_8)), type, out);
    }

    private static void text(byte[] text, int at, int length, BinaryWriter out) {
        out.varint(length);
        out.bytes(text, at, length);
    }

    private static long integer(byte[] text, int at, int length) {
        boolean negative = length > 0 && text[at] == '-';
        int first = negative ? at + 1 : at;
        int end = at + length;
        if (first == end || end - first > 19) {
            throw new IllegalArgumentException("an integer of %d digits".formatted(end - first));
        }
        // Negative numbers reach one further than positive ones.
        long value = 0;
        for (int i = first; i < end; i++) {
            value = value * 10 - digit(text[i]);
        }
        if (value > 0 || (!negative && value == Long.MIN_VALUE)) {
            throw new IllegalArgumentException("an integer of more than 64 bits");
        }
        return negative ? value : -value;
    }

    private static int digit(byte letter) {
        int digit = letter - '0';
        if (digit < 0 || digit > 9) {
            throw new IllegalArgumentException("a letter where a digit belongs");
        }
        return digit;
    }

    private static void numeric(byte[] text, int at, int length, BinaryWriter out) {
        long unscaled = 0;
        int digits = 0;
        int point = -1;
        int first = length > 0 && text[at] == '-' ? 1 : 0;
        for (int i = first; i < length; i++) {
            byte letter = text[at + i];
            if (letter == '.' && point < 0) {
                point = i;
            } else if (letter >= '0' && letter <= '9' && digits < 18) {
                unscaled = unscaled * 10 + (letter - '0');
                digits++;
            } else {
                slowly(ANY_NUMERIC, text, at, length, out);
                return;
            }
        }
        if (digits == 0) {
            throw new IllegalArgumentException("a number without digits");
        }
        RowCodec.decimal(first == 1 ? -unscaled : unscaled, point < 0 ? 0 : length - point - 1, out);
    }

    /** As {@code lc_monetary = 'C'} has it: {@code -$1,234.50}. */
    private static void money(byte[] text, int at, int length, BinaryWriter out) {
        byte[] plain = plain(text, at, length, true);
        numeric(plain, 0, plain.length, out);
    }

    private static void moneys(Type type, byte[] text, int at, int length, BinaryWriter out) {
        byte[] plain = plain(text, at, length, false);
        slowly(type, plain, 0, plain.length, out);
    }

    /**
     * Amounts of money as the numbers that they are: without signs of currency, quotes, and the commas between quotes, which are the thousands'.
     *
     * @param quoted whether it begins between quotes
     */
    private static byte[] plain(byte[] text, int at, int length, boolean quoted) {
        byte[] plain = new byte[length];
        int size = 0;
        boolean within = quoted;
        for (int i = at; i < at + length; i++) {
            if (text[i] == '"') {
                within = !within;
            } else if (text[i] != '$' && !(within && text[i] == ',')) {
                plain[size++] = text[i];
            }
        }
        return Arrays.copyOf(plain, size);
    }

    private static void bytes(byte[] text, int at, int length, BinaryWriter out) {
        if (length < 2 || text[at] != '\\' || text[at + 1] != 'x' || (length & 1) != 0) {
            throw new IllegalArgumentException("a bytea that is not in hex form");
        }
        int count = length / 2 - 1;
        out.varint(count);
        for (int i = at + 2; i < at + length; i += 2) {
            out.u8(hex(text[i]) << 4 | hex(text[i + 1]));
        }
    }

    private static int hex(byte letter) {
        int value = Character.digit(letter, 16);
        if (value < 0) {
            throw new IllegalArgumentException("a letter where a hexadecimal digit belongs");
        }
        return value;
    }

    private static void uuid(byte[] text, int at, int length, BinaryWriter out) {
        if (length != 36) {
            throw new IllegalArgumentException("a uuid of %d letters".formatted(length));
        }
        long half = 0;
        int digits = 0;
        for (int i = at; i < at + length; i++) {
            if (text[i] != '-') {
                half = half << 4 | hex(text[i]);
                if (++digits == 16) {
                    out.i64(half);
                    half = 0;
                }
            }
        }
        if (digits != 32) {
            throw new IllegalArgumentException("a uuid of %d digits".formatted(digits));
        }
        out.i64(half);
    }

    private static void date(byte[] text, int at, int length, BinaryWriter out) {
        if (length == 10 && text[at + 4] == '-' && text[at + 7] == '-') {
            RowCodec.day(day(text, at), out);
        } else {
            slowly(Type.Simple.DATE, text, at, length, out);
        }
    }

    /** {@code 2026-11-22 10:15:30.123456+00}: the usual form, of this era and with UTC's offset or none. */
    private static void moment(Type.Simple type, byte[] text, int at, int length, BinaryWriter out) {
        int end = at + length;
        boolean zoned = type == Type.Simple.TIMESTAMPTZ;
        if (zoned && length > 3) {
            end -= 3;
            zoned = text[end] == '+' && text[end + 1] == '0' && text[end + 2] == '0';
            if (!zoned) {
                slowly(type, text, at, length, out);
                return;
            }
        }
        if (end - at < 19
                || end - at > 26
                || text[at + 4] != '-'
                || text[at + 10] != ' '
                || text[at + 13] != ':'
                || (end - at > 19 && text[at + 19] != '.')) {
            slowly(type, text, at, length, out);
            return;
        }
        long second =
                day(text, at) * 86_400 + pair(text, at + 11) * 3600L + pair(text, at + 14) * 60L + pair(text, at + 17);
        RowCodec.moment(second, nanos(text, at + 19, end), out);
    }

    private static int nanos(byte[] text, int at, int end) {
        if (at == end) {
            return 0;
        }
        int micros = 0;
        for (int i = 1; i <= 6; i++) {
            micros = micros * 10 + (at + i < end ? digit(text[at + i]) : 0);
        }
        return micros * 1000;
    }

    private static int pair(byte[] text, int at) {
        return digit(text[at]) * 10 + digit(text[at + 1]);
    }

    /** The day since 1970-01-01 of a date of the years 1 to 9999 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
    private static long day(byte[] text, int at) {
        int month = pair(text, at + 5);
        int year = pair(text, at) * 100 + pair(text, at + 2) - (month <= 2 ? 1 : 0);
        int era = year / 400;
        int yearOfEra = year - era * 400;
        int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + pair(text, at + 8) - 1;
        int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097L + dayOfEra - 719_468;
    }
}
