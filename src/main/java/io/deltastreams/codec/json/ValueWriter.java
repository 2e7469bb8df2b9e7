package io.deltastreams.codec.json;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Interval;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Writes values in the forms that this package's table lists, from their binary form and mostly without an object between.
 *
 * @param bigintAsString whether INT64 becomes a string
 * @param canonical whether values that are equal to the database give equal bytes, as keys must
 */
record ValueWriter(boolean bigintAsString, boolean canonical) {

    private static final byte[] WKB = "{\"wkb\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SRID = ",\"srid\":".getBytes(StandardCharsets.US_ASCII);

    /** Writes the value that {@code in} stands before; it is not null. */
    void write(JsonWriter out, Type type, BinaryReader in) {
        // An enum's switch is one jump; the pattern switch below is not, and most columns are simple.
        if (type instanceof Type.Simple simple) {
            simple(out, simple, in);
            return;
        }
        switch (type) {
            case Type.Simple simple -> simple(out, simple, in);
            case Type.Numeric _ -> numeric(out, in);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> text(out, in, in.count());
            case Type.Array array -> array(out, array, in);
        }
    }

    private void simple(JsonWriter out, Type.Simple type, BinaryReader in) {
        switch (type) {
            case BOOL -> out.ascii(in.u8() != 0 ? "true" : "false");
            case INT16, INT32 -> out.integer(in.zigzag32());
            case INT64 -> bigint(out, in.zigzag64());
            case FLOAT32 -> quoted(out, text(Float.intBitsToFloat(in.i32())));
            case FLOAT64 -> quoted(out, text(Double.longBitsToDouble(in.i64())));
            case TEXT, JSON, XML, LTREE -> text(out, in, in.count());
            case BYTES -> base64(out, in);
            case DATE -> date(out, in);
            case TIME -> time(out, in);
            case TIMETZ -> timeWithZone(out, in);
            case TIMESTAMP -> moment(out, in, "");
            case TIMESTAMPTZ -> moment(out, in, "Z");
            case INTERVAL -> quoted(out, new Interval(in.zigzag32(), in.zigzag32(), in.zigzag64()).toString());
            case UUID -> uuid(out, in);
            case HSTORE -> map(out, in);
            case GEOMETRY -> geometry(out, in);
        }
    }

    private static void quoted(JsonWriter out, String ascii) {
        out.ascii('"');
        out.ascii(ascii);
        out.ascii('"');
    }

    private static void text(JsonWriter out, BinaryReader in, int length) {
        int start = in.position();
        in.skip(length);
        out.string(in.array(), start, length);
    }

    private void bigint(JsonWriter out, long value) {
        if (bigintAsString) {
            out.ascii('"');
            out.integer(value);
            out.ascii('"');
        } else {
            out.integer(value);
        }
    }

    private String text(float value) {
        return Float.isFinite(value) ? Float.toString(canonical && value == 0 ? 0f : value) : nonFinite(value);
    }

    private String text(double value) {
        return Double.isFinite(value) ? Double.toString(canonical && value == 0 ? 0d : value) : nonFinite(value);
    }

    private static String nonFinite(double value) {
        Special special = Double.isNaN(value) ? Special.NAN : value > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY;
        return special.text();
    }

    private void numeric(JsonWriter out, BinaryReader in) {
        out.ascii('"');
        Special special = RowCodec.special(in);
        if (special != null) {
            out.ascii(special.text());
        } else if (RowCodec.isDecimal(in)) {
            int scale = in.zigzag32();
            decimal(out, in.zigzag64(), scale);
        } else {
            BigDecimal number = RowCodec.large(in);
            out.ascii((canonical ? number.stripTrailingZeros() : number).toPlainString());
        }
        out.ascii('"');
    }

    private void decimal(JsonWriter out, long unscaled, int scale) {
        long number = unscaled;
        int decimals = scale;
        while (canonical && decimals > 0 && number % 10 == 0) {
            // A zero has none, however many its scale says.
            decimals = number == 0 ? 0 : decimals - 1;
            number /= 10;
        }
        out.decimal(number, decimals);
    }

    private static void base64(JsonWriter out, BinaryReader in) {
        int length = in.count();
        ByteBuffer bytes = ByteBuffer.wrap(in.array(), in.position(), length);
        in.skip(length);
        out.ascii('"');
        out.raw(Base64.getEncoder().encode(bytes).array());
        out.ascii('"');
    }

    private static void date(JsonWriter out, BinaryReader in) {
        out.ascii('"');
        Special special = RowCodec.special(in);
        if (special != null) {
            out.ascii(special.text());
        } else {
            IsoText.date(out, RowCodec.daysOrSeconds(in));
        }
        out.ascii('"');
    }

    private static void time(JsonWriter out, BinaryReader in) {
        out.ascii('"');
        IsoText.time(out, in.varlong() * 1000);
        out.ascii('"');
    }

    private static void timeWithZone(JsonWriter out, BinaryReader in) {
        out.ascii('"');
        IsoText.time(out, in.varlong());
        IsoText.offset(out, in.zigzag32());
        out.ascii('"');
    }

    private static void moment(JsonWriter out, BinaryReader in, String zone) {
        out.ascii('"');
        Special special = RowCodec.special(in);
        if (special != null) {
            out.ascii(special.text());
        } else {
            long second = RowCodec.daysOrSeconds(in);
            IsoText.moment(out, second, RowCodec.nano(in));
            out.ascii(zone);
        }
        out.ascii('"');
    }

    private static void uuid(JsonWriter out, BinaryReader in) {
        long high = in.i64();
        long low = in.i64();
        out.ascii('"');
        out.hex(high >>> 32, 8);
        out.ascii('-');
        out.hex(high >>> 16, 4);
        out.ascii('-');
        out.hex(high, 4);
        out.ascii('-');
        out.hex(low >>> 48, 4);
        out.ascii('-');
        out.hex(low, 12);
        out.ascii('"');
    }

    private static void map(JsonWriter out, BinaryReader in) {
        out.ascii('{');
        int count = in.count();
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                out.ascii(',');
            }
            text(out, in, in.count());
            out.ascii(':');
            int length = in.varint();
            if (length == 0) {
                out.nothing();
            } else {
                text(out, in, length - 1);
            }
        }
        out.ascii('}');
    }

    private static void geometry(JsonWriter out, BinaryReader in) {
        boolean referenced = in.u8() != 0;
        int srid = referenced ? in.zigzag32() : 0;
        out.raw(WKB);
        base64(out, in);
        out.raw(SRID);
        if (referenced) {
            out.integer(srid);
        } else {
            out.nothing();
        }
        out.ascii('}');
    }

    private void array(JsonWriter out, Type.Array type, BinaryReader in) {
        out.ascii('[');
        long head = in.varlong();
        long count = RowCodec.elements(head, in);
        for (long i = 0; i < count; i++) {
            if (i > 0) {
                out.ascii(',');
            }
            switch (RowCodec.element(head, in)) {
                case NULL -> out.nothing();
                case VALUE -> write(out, type.element(), in);
                case LIST -> array(out, type, in);
            }
        }
        out.ascii(']');
    }
}
