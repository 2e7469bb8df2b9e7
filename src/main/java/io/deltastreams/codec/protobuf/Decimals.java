package io.deltastreams.codec.protobuf;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import java.io.IOException;
import java.math.BigDecimal;

/** A decimal as plain text: {@code 11.90}, {@code NaN}, {@code infinity}, {@code -infinity}. */
final class Decimals {

    /** A sign, as many digits as a long has, and the point. */
    private static final int LONGEST = 24;

    private static final int MOST_DECIMALS = 18;

    private Decimals() {}

    /** With as many decimals as the source gave. */
    static void write(Output out, BinaryReader in) throws IOException {
        write(out, in, false);
    }

    /** Without zeros at its end. */
    static void canonical(Output out, BinaryReader in) throws IOException {
        write(out, in, true);
    }

    private static void write(Output out, BinaryReader in, boolean canonical) throws IOException {
        Special special = RowCodec.special(in);
        if (special != null) {
            text(out, special.text());
        } else if (RowCodec.isDecimal(in)) {
            int scale = in.zigzag32();
            decimal(out, in.zigzag64(), scale, canonical);
        } else {
            large(out, RowCodec.large(in), canonical);
        }
    }

    private static void decimal(Output out, long unscaled, int scale, boolean canonical) throws IOException {
        long number = unscaled;
        int decimals = scale;
        while (canonical && decimals > 0 && number % 10 == 0) {
            // A zero has none, however many its scale says.
            decimals = number == 0 ? 0 : decimals - 1;
            number /= 10;
        }
        if (decimals < 0 || decimals > MOST_DECIMALS) {
            large(out, BigDecimal.valueOf(number, decimals), canonical);
            return;
        }
        byte[] digits = new byte[LONGEST];
        int at = LONGEST;
        // Below zero, as the least long has no counterpart above it.
        long rest = number < 0 ? number : -number;
        for (int written = 0; rest != 0 || written <= decimals; written++) {
            if (written == decimals && decimals > 0) {
                digits[--at] = '.';
            }
            digits[--at] = (byte) ('0' - rest % 10);
            rest /= 10;
        }
        if (number < 0) {
            digits[--at] = '-';
        }
        out.bytes(digits, at, LONGEST - at);
    }

    private static void large(Output out, BigDecimal number, boolean canonical) throws IOException {
        text(out, (canonical ? number.stripTrailingZeros() : number).toPlainString());
    }

    private static void text(Output out, String ascii) throws IOException {
        byte[] bytes = ascii.getBytes(US_ASCII);
        out.bytes(bytes, 0, bytes.length);
    }
}
