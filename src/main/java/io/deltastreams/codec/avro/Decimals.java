package io.deltastreams.codec.avro;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import java.math.BigDecimal;

/** Numerics, as Avro's decimal or as text. */
final class Decimals {

    private static final int DIGITS_OF_LONG = 18;

    private Decimals() {}

    /** Plain, with the source's scale; {@code NaN}, {@code infinity}, {@code -infinity}. */
    static void text(BinaryWriter out, BinaryReader in) {
        Special special = RowCodec.special(in);
        Values.string(out, special != null ? special.text() : number(in).toPlainString());
    }

    /** Without trailing zeros: 1.50 and 1.5 are one key. */
    static void canonicalText(BinaryWriter out, BinaryReader in) {
        Special special = RowCodec.special(in);
        Values.string(
                out,
                special != null
                        ? special.text()
                        : number(in).stripTrailingZeros().toPlainString());
    }

    private static BigDecimal number(BinaryReader in) {
        if (RowCodec.isDecimal(in)) {
            int scale = in.zigzag32();
            return BigDecimal.valueOf(in.zigzag64(), scale);
        }
        return RowCodec.large(in);
    }

    /**
     * Avro's decimal: two's complement of the unscaled value, the highest byte first.
     *
     * @param limit what an unscaled value stays below that has no more digits than the precision; 0 where a long may not hold it
     * @param where the column, for messages
     */
    record Exact(int precision, int scale, long limit, String where) implements ValueWriter {

        static Exact of(int precision, int scale, String where) {
            long limit = precision > DIGITS_OF_LONG
                    ? 0
                    : BigDecimal.ONE.movePointRight(precision).longValueExact();
            return new Exact(precision, scale, limit, where);
        }

        @Override
        public void write(BinaryWriter out, BinaryReader in) {
            Special special = RowCodec.special(in);
            if (special != null) {
                throw new IllegalArgumentException(
                        "%s holds %s, and Avro's decimal has none; with 'decimals: string' it does"
                                .formatted(where, special.text()));
            }
            if (!RowCodec.isDecimal(in)) {
                adapted(out, RowCodec.large(in));
                return;
            }
            int scaleOfValue = in.zigzag32();
            long unscaled = in.zigzag64();
            if (scaleOfValue == scale && unscaled < limit && unscaled > -limit) {
                shortest(out, unscaled);
            } else {
                adapted(out, BigDecimal.valueOf(unscaled, scaleOfValue));
            }
        }

        /** As few bytes as hold it and its sign. */
        private static void shortest(BinaryWriter out, long unscaled) {
            int bits = Long.SIZE - Long.numberOfLeadingZeros(unscaled ^ (unscaled >> 63));
            int length = bits / Byte.SIZE + 1;
            out.zigzag(length);
            for (int shift = (length - 1) * Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
                out.u8((int) (unscaled >> shift));
            }
        }

        private void adapted(BinaryWriter out, BigDecimal number) {
            BigDecimal shortest = number.stripTrailingZeros();
            boolean fits =
                    shortest.scale() <= scale && (long) shortest.precision() - shortest.scale() <= precision - scale;
            if (!fits && number.signum() != 0) {
                throw new IllegalArgumentException(
                        "%s holds a number of more digits than its type numeric(%d,%d); with 'decimals: string' it has a form"
                                .formatted(where, precision, scale));
            }
            Values.string(out, shortest.setScale(scale).unscaledValue().toByteArray());
        }
    }
}
