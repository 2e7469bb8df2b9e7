package io.deltastreams.codec.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The growing bytes of one JSON text after the other (RFC 8259, in UTF-8). It writes what it is told and knows no grammar. Its room is used
 * again, and given back after a text of more than {@link #KEPT} bytes (Invariant 8). Not thread-safe.
 */
final class JsonWriter {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] HEX_LOWER = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX_UPPER = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};

    private static final int FIRST = 1 << 10;
    private static final int KEPT = 64 << 10;
    private static final int LARGEST = Integer.MAX_VALUE - 8;
    private static final int LONGEST_INTEGER = 20;

    private byte[] array = new byte[FIRST];
    private int size;

    /** Begins the next text. */
    void begin() {
        size = 0;
        if (array.length > KEPT) {
            array = new byte[FIRST];
        }
    }

    byte[] toByteArray() {
        return Arrays.copyOf(array, size);
    }

    /** A single ASCII character. */
    void ascii(char character) {
        ensure(1);
        array[size++] = (byte) character;
    }

    /** ASCII that needs no escapes. */
    void ascii(String text) {
        int length = text.length();
        ensure(length);
        for (int i = 0; i < length; i++) {
            array[size + i] = (byte) text.charAt(i);
        }
        size += length;
    }

    /** Bytes that are JSON already. */
    void raw(byte[] json) {
        raw(json, 0, json.length);
    }

    private void raw(byte[] json, int from, int length) {
        ensure(length);
        System.arraycopy(json, from, array, size, length);
        size += length;
    }

    void nothing() {
        raw(NULL);
    }

    /** A string, quoted. */
    void string(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        string(utf8, 0, utf8.length);
    }

    /** A string, quoted, of UTF-8 bytes. */
    void string(byte[] utf8, int offset, int length) {
        ascii('"');
        int end = offset + length;
        int at = offset;
        while (at < end) {
            int clean = clean(utf8, at, end);
            raw(utf8, at, clean - at);
            if (clean < end) {
                escape(utf8[clean]);
            }
            at = clean + 1;
        }
        ascii('"');
    }

    /** Where the first byte stands that cannot stay as it is, or {@code end}; eight bytes at a time. */
    private static int clean(byte[] utf8, int from, int end) {
        int at = from;
        while (at <= end - Long.BYTES && !mayNeedEscape((long) LONG.get(utf8, at))) {
            at += Long.BYTES;
        }
        while (at < end && !needsEscape(utf8[at])) {
            at++;
        }
        return at;
    }

    /** Never false where one of the bytes needs an escape (Warren, Hacker's Delight, "Find First 0-Byte"). */
    private static boolean mayNeedEscape(long bytes) {
        long control = bytes - 0x2020202020202020L;
        long quote = (bytes ^ 0x2222222222222222L) - 0x0101010101010101L;
        long backslash = (bytes ^ 0x5c5c5c5c5c5c5c5cL) - 0x0101010101010101L;
        return ((control | quote | backslash) & ~bytes & 0x8080808080808080L) != 0;
    }

    private static boolean needsEscape(byte b) {
        return (b >= 0 && b < ' ') || b == '"' || b == '\\';
    }

    private void escape(byte b) {
        ascii('\\');
        switch (b) {
            case '"', '\\' -> ascii((char) b);
            case '\b' -> ascii('b');
            case '\t' -> ascii('t');
            case '\n' -> ascii('n');
            case '\f' -> ascii('f');
            case '\r' -> ascii('r');
            default -> {
                ascii("u00");
                ascii((char) HEX_UPPER[b >> 4]);
                ascii((char) HEX_UPPER[b & 0xf]);
            }
        }
    }

    void integer(long value) {
        ensure(LONGEST_INTEGER);
        if (value < 0) {
            array[size++] = '-';
        }
        // Below zero, where there is room for the least of all, too.
        long rest = value < 0 ? value : -value;
        size += length(rest);
        int at = size;
        do {
            long tenth = rest / 10;
            array[--at] = (byte) ('0' + (tenth * 10 - rest));
            rest = tenth;
        } while (rest != 0);
    }

    /** How many digits a number that is not above zero has. */
    private static int length(long negative) {
        int length = 1;
        for (long bound = -10; negative <= bound && length < 19; bound *= 10) {
            length++;
        }
        return length;
    }

    /** The number {@code unscaled / 10^scale}, plain, with as many decimals as the scale says. */
    void decimal(long unscaled, int scale) {
        if (scale <= 0) {
            integer(unscaled);
            zeros(unscaled == 0 ? 0 : -scale);
            return;
        }
        int start = size;
        integer(unscaled);
        int digits = start + (unscaled < 0 ? 1 : 0);
        int missing = scale + 1 - (size - digits);
        if (missing > 0) {
            zeros(missing);
            System.arraycopy(array, digits, array, digits + missing, size - missing - digits);
            Arrays.fill(array, digits, digits + missing, (byte) '0');
        }
        ensure(1);
        System.arraycopy(array, size - scale, array, size - scale + 1, scale);
        array[size - scale] = '.';
        size++;
    }

    private void zeros(int count) {
        ensure(count);
        Arrays.fill(array, size, size + count, (byte) '0');
        size += count;
    }

    /** A number below a hundred in two digits. */
    void two(int number) {
        ensure(2);
        array[size] = (byte) ('0' + number / 10);
        array[size + 1] = (byte) ('0' + number % 10);
        size += 2;
    }

    /** A number that is not below zero with zeros in front, to so many digits at least; at most ten. */
    void padded(long number, int digits) {
        int length = Math.max(digits, length(-number));
        ensure(length);
        size += length;
        long rest = number;
        for (int at = size - 1; at >= size - length; at--) {
            array[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The lowest digits of a number in lower-case hexadecimal. */
    void hex(long number, int digits) {
        ensure(digits);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            array[size++] = HEX_LOWER[(int) (number >>> shift) & 0xf];
        }
    }

    private void ensure(int more) {
        if (array.length - size < more) {
            long needed = (long) size + more;
            if (needed > LARGEST) {
                throw new IllegalArgumentException("more than 2 GiB of JSON in one piece");
            }
            array = Arrays.copyOf(array, (int) Math.min(Math.max(2L * array.length, needed), LARGEST));
        }
    }
}
