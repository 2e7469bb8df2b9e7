package io.deltastreams.change;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The compact binary form of a {@link Row} under its {@link Schema}, version 1, in the terms of {@link BinaryWriter}.
 *
 * <p>A row begins with one byte: the version in the upper four bits, 1 if a bitmap of nulls follows, 2 if one of absent columns follows (in
 * this order; a bit per column, the first column the lowest bit of the first byte). Then the values of the columns that are neither, in
 * order:
 *
 * <table>
 * <caption>Values</caption>
 * <tr><th>type</th><th>form</th></tr>
 * <tr><td>BOOL</td><td>a byte, 0 or 1</td></tr>
 * <tr><td>INT16, INT32, INT64</td><td>zigzag</td></tr>
 * <tr><td>FLOAT32, FLOAT64</td><td>the IEEE 754 bits, 4 or 8 bytes</td></tr>
 * <tr><td>Numeric</td><td>a byte: 0 NaN, 1 infinity, 2 -infinity; 3: zigzag scale, zigzag unscaled value; 4: zigzag scale, length, two's
 *     complement</td></tr>
 * <tr><td>all that are {@link String}</td><td>length in bytes, UTF-8</td></tr>
 * <tr><td>BYTES</td><td>length, bytes</td></tr>
 * <tr><td>DATE</td><td>unsigned: 0, 1, 2 as above, else 3 + zigzag of the day since 1970-01-01</td></tr>
 * <tr><td>TIME</td><td>unsigned microseconds</td></tr>
 * <tr><td>TIMETZ</td><td>unsigned nanoseconds of the day, zigzag offset in seconds</td></tr>
 * <tr><td>TIMESTAMP, TIMESTAMPTZ</td><td>unsigned: 0, 1, 2 as above, else 3 + zigzag of the second since 1970-01-01T00:00 (UTC), then its
 *     fraction: 2 × microseconds where those are enough, else 2 × nanoseconds + 1</td></tr>
 * <tr><td>INTERVAL</td><td>zigzag months, days, microseconds</td></tr>
 * <tr><td>UUID</td><td>16 bytes</td></tr>
 * <tr><td>HSTORE</td><td>entries, then each key as text and value as 0 for null, else length + 1 and UTF-8</td></tr>
 * <tr><td>GEOMETRY</td><td>0, or 1 and zigzag srid; length, WKB</td></tr>
 * <tr><td>Array</td><td>2 × elements, and elements in order; or 2 × elements + 1, and before each a byte: 0 null, 1 element, 2 list, which is
 *     again in this form</td></tr>
 * </table>
 */
public final class RowCodec {

    private static final int VERSION = 1 << 4;
    private static final int NULLS = 1;
    private static final int ABSENTS = 2;

    private static final int COMPACT = 3;
    private static final int LARGE = 4;
    private static final int SPECIALS = 3;

    /** What stands next in an array. */
    public enum Element {
        NULL,
        VALUE,
        LIST
    }

    private static final int ELEMENT_NULL = 0;
    private static final int ELEMENT_VALUE = 1;
    private static final int ELEMENT_LIST = 2;

    private RowCodec() {}

    /**
     * Appends the row to {@code out}.
     *
     * @throws IllegalArgumentException if the row is not one of this schema; names the column, never the value (Invariant 9). What was
     *     written until then stays in {@code out}
     */
    public static void encode(Row row, Schema schema, BinaryWriter out) {
        if (row.isEncodedAs(schema)) {
            row.copyTo(out);
            return;
        }
        List<Column> columns = schema.columns();
        int count = columns.size();
        if (row.size() != count) {
            throw new IllegalArgumentException("a row of %d columns in %s of %d columns"
                    .formatted(row.size(), schema.relation().text(), count));
        }
        int missing = missing(row);
        out.u8(VERSION | missing);
        if ((missing & NULLS) != 0) {
            bitmap(row, true, out);
        }
        if ((missing & ABSENTS) != 0) {
            bitmap(row, false, out);
        }
        for (int i = 0; i < count; i++) {
            Object value = row.get(i);
            if (value != null && row.has(i)) {
                Column column = columns.get(i);
                try {
                    write(value, column.type(), out);
                } catch (ClassCastException e) {
                    throw new IllegalArgumentException(
                            "column '%s' of %s is %s, and no %s belongs there"
                                    .formatted(
                                            column.name(),
                                            schema.relation().text(),
                                            column.type(),
                                            value.getClass().getSimpleName()),
                            e);
                }
            }
        }
    }

    /** Begins a row; gives where its first bitmap lies. */
    static int head(BinaryWriter out, boolean anyNull, boolean anyAbsent, int bitmap) {
        out.u8(VERSION | (anyNull ? NULLS : 0) | (anyAbsent ? ABSENTS : 0));
        int start = out.size();
        out.zeros((anyNull ? bitmap : 0) + (anyAbsent ? bitmap : 0));
        return start;
    }

    /**
     * Reads the next row: finds where each value lies, and leaves them there, in the reader's bytes, until they are asked for.
     *
     * @throws IllegalArgumentException if there is none of this schema
     */
    public static Row decode(BinaryReader in, Schema schema) {
        int start = in.position();
        int head = in.u8();
        if ((head & 0xf0) != VERSION || (head & 0x0f) > (NULLS | ABSENTS)) {
            throw new IllegalArgumentException("a row's form is version %d, not %d".formatted(VERSION >> 4, head >> 4));
        }
        List<Column> columns = schema.columns();
        int count = columns.size();
        int[] offsets = new int[count + 2];
        int bitmap = (count + 7) / 8;
        int nulls = in.position();
        int absents = (head & NULLS) != 0 ? nulls + bitmap : nulls;
        in.skip(absents - nulls + ((head & ABSENTS) != 0 ? bitmap : 0));
        byte[] bytes = in.array();
        for (int i = 0; i < count; i++) {
            int bit = 1 << (i & 7);
            if ((head & ABSENTS) != 0 && (bytes[absents + (i >> 3)] & bit) != 0) {
                offsets[i] = Row.MISSING;
            } else if ((head & NULLS) != 0 && (bytes[nulls + (i >> 3)] & bit) != 0) {
                offsets[i] = Row.NULL;
            } else {
                offsets[i] = in.position();
                skip(columns.get(i).type(), in);
            }
        }
        offsets[count] = start;
        offsets[count + 1] = in.position();
        return Row.encoded(bytes, offsets, schema);
    }

    private static void skip(Type type, BinaryReader in) {
        switch (type) {
            case Type.Simple simple -> skip(simple, in);
            case Type.Numeric _ -> skipNumeric(in);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> in.skip(in.count());
            case Type.Array array -> skipList(array.element(), in);
        }
    }

    private static void skip(Type.Simple type, BinaryReader in) {
        switch (type) {
            case BOOL -> in.skip(1);
            case INT16, INT32 -> in.varint();
            case INT64, TIME -> in.varlong();
            case FLOAT32 -> in.skip(4);
            case FLOAT64 -> in.skip(8);
            case TEXT, JSON, XML, LTREE, BYTES -> in.skip(in.count());
            case DATE -> in.varlong();
            case TIMETZ -> {
                in.varlong();
                in.varint();
            }
            case TIMESTAMP, TIMESTAMPTZ -> {
                if (!isSpecial(in.varlong())) {
                    in.varlong();
                }
            }
            case INTERVAL -> {
                in.varint();
                in.varint();
                in.varlong();
            }
            case UUID -> in.skip(16);
            case HSTORE -> hstore(in);
            case GEOMETRY -> {
                if (in.u8() != 0) {
                    in.varint();
                }
                in.skip(in.count());
            }
        }
    }

    private static void skipNumeric(BinaryReader in) {
        int kind = in.u8();
        switch (kind) {
            case COMPACT -> {
                in.varint();
                in.varlong();
            }
            case LARGE -> {
                in.varint();
                in.skip(in.count());
            }
            default -> special(kind);
        }
    }

    private static void skipList(Type element, BinaryReader in) {
        long head = in.varlong();
        long count = elements(head, in);
        for (long i = 0; i < count; i++) {
            switch (element(head, in)) {
                case NULL -> {}
                case VALUE -> skip(element, in);
                case LIST -> skipList(element, in);
            }
        }
    }

    /** Appends a value that is not null in the form that its type has. */
    public static void write(Object value, Type type, BinaryWriter out) {
        // An enum's switch is one jump; the pattern switch below is not, and most columns are simple.
        if (type instanceof Type.Simple simple) {
            simple(value, simple, out);
            return;
        }
        switch (type) {
            case Type.Simple simple -> simple(value, simple, out);
            case Type.Numeric _ -> numeric(value, out);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> out.text((String) value);
            case Type.Array array -> list((List<?>) value, array.element(), out);
        }
    }

    private static int missing(Row row) {
        int missing = 0;
        for (int i = 0; i < row.size(); i++) {
            Object value = row.get(i);
            if (value == null) {
                missing |= NULLS;
            } else if (!row.has(i)) {
                missing |= ABSENTS;
            }
        }
        return missing;
    }

    private static void bitmap(Row row, boolean nulls, BinaryWriter out) {
        int bits = 0;
        for (int i = 0; i < row.size(); i++) {
            Object value = row.get(i);
            if (nulls ? value == null : !row.has(i)) {
                bits |= 1 << (i & 7);
            }
            if ((i & 7) == 7) {
                out.u8(bits);
                bits = 0;
            }
        }
        if ((row.size() & 7) != 0) {
            out.u8(bits);
        }
    }

    private static void simple(Object value, Type.Simple type, BinaryWriter out) {
        switch (type) {
            case BOOL -> out.u8((Boolean) value ? 1 : 0);
            case INT16, INT32 -> out.zigzag((int) (Integer) value);
            case INT64 -> out.zigzag((long) (Long) value);
            case FLOAT32 -> out.i32(Float.floatToRawIntBits((Float) value));
            case FLOAT64 -> out.i64(Double.doubleToRawLongBits((Double) value));
            case TEXT, JSON, XML, LTREE -> out.text((String) value);
            case BYTES -> bytes((Bytes) value, out);
            case DATE -> date(value, out);
            case TIME -> out.varlong(((TimeOfDay) value).micros());
            case TIMETZ -> {
                OffsetTime time = (OffsetTime) value;
                out.varlong(time.toLocalTime().toNanoOfDay());
                out.zigzag(time.getOffset().getTotalSeconds());
            }
            case TIMESTAMP -> {
                if (!special(value, out)) {
                    LocalDateTime time = (LocalDateTime) value;
                    moment(time.toEpochSecond(ZoneOffset.UTC), time.get(ChronoField.NANO_OF_SECOND), out);
                }
            }
            case TIMESTAMPTZ -> {
                if (!special(value, out)) {
                    Instant time = (Instant) value;
                    moment(time.getEpochSecond(), time.getNano(), out);
                }
            }
            case INTERVAL -> {
                Interval interval = (Interval) value;
                out.zigzag(interval.months());
                out.zigzag(interval.days());
                out.zigzag(interval.micros());
            }
            case UUID -> {
                UUID uuid = (UUID) value;
                out.i64(uuid.getMostSignificantBits());
                out.i64(uuid.getLeastSignificantBits());
            }
            case HSTORE -> hstore((Map<?, ?>) value, out);
            case GEOMETRY -> geometry((Geometry) value, out);
        }
    }

    private static boolean special(Object value, BinaryWriter out) {
        if (value instanceof Special special) {
            out.u8(
                    switch (special) {
                        case NAN -> 0;
                        case INFINITY -> 1;
                        case NEGATIVE_INFINITY -> 2;
                    });
            return true;
        }
        return false;
    }

    private static void numeric(Object value, BinaryWriter out) {
        if (special(value, out)) {
            return;
        }
        BigDecimal number = (BigDecimal) value;
        BigInteger unscaled = number.unscaledValue();
        if (unscaled.bitLength() < Long.SIZE) {
            decimal(unscaled.longValue(), number.scale(), out);
        } else {
            byte[] bytes = unscaled.toByteArray();
            out.u8(LARGE);
            out.zigzag(number.scale());
            out.varint(bytes.length);
            out.bytes(bytes, 0, bytes.length);
        }
    }

    /** Appends a numeric of up to 18 digits. */
    public static void decimal(long unscaled, int scale, BinaryWriter out) {
        out.u8(COMPACT);
        out.zigzag(scale);
        out.zigzag(unscaled);
    }

    private static void bytes(Bytes bytes, BinaryWriter out) {
        byte[] array = bytes.array();
        out.varint(array.length);
        out.bytes(array, 0, array.length);
    }

    private static void date(Object value, BinaryWriter out) {
        if (!special(value, out)) {
            day(((LocalDate) value).toEpochDay(), out);
        }
    }

    /** Appends a date by its day since 1970-01-01. */
    public static void day(long day, BinaryWriter out) {
        unsigned(day, out);
    }

    /** Appends a timestamp, with zone or without, by its second since 1970-01-01T00:00. */
    public static void moment(long second, int nano, BinaryWriter out) {
        unsigned(second, out);
        out.varlong(nano % 1000 == 0 ? nano / 1000 * 2L : nano * 2L + 1);
    }

    private static void unsigned(long value, BinaryWriter out) {
        out.varlong(((value << 1) ^ (value >> 63)) + SPECIALS);
    }

    private static void hstore(Map<?, ?> map, BinaryWriter out) {
        out.varint(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.text((String) entry.getKey());
            Object value = entry.getValue();
            if (value == null) {
                out.u8(0);
            } else {
                byte[] utf8 = ((String) value).getBytes(StandardCharsets.UTF_8);
                out.varint(utf8.length + 1);
                out.bytes(utf8, 0, utf8.length);
            }
        }
    }

    private static void geometry(Geometry geometry, BinaryWriter out) {
        OptionalInt srid = geometry.srid();
        out.u8(srid.isPresent() ? 1 : 0);
        if (srid.isPresent()) {
            out.zigzag(srid.getAsInt());
        }
        bytes(geometry.wkb(), out);
    }

    private static void list(List<?> list, Type element, BinaryWriter out) {
        boolean lists = !(element instanceof Type.Array);
        boolean plain = true;
        for (Object value : list) {
            plain &= value != null && !(lists && value instanceof List);
        }
        out.varlong(list.size() * 2L + (plain ? 0 : 1));
        for (Object value : list) {
            if (plain) {
                write(value, element, out);
            } else if (value == null) {
                out.u8(ELEMENT_NULL);
            } else if (lists && value instanceof List<?> inner) {
                out.u8(ELEMENT_LIST);
                list(inner, element, out);
            } else {
                out.u8(ELEMENT_VALUE);
                write(value, element, out);
            }
        }
    }

    /** Reads a value that {@link #write} wrote. */
    public static Object value(Type type, BinaryReader in) {
        if (type instanceof Type.Simple simple) {
            return simple(simple, in);
        }
        return switch (type) {
            case Type.Simple simple -> simple(simple, in);
            case Type.Numeric _ -> numeric(in);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> in.text();
            case Type.Array array -> list(array.element(), in);
        };
    }

    private static Object simple(Type.Simple type, BinaryReader in) {
        return switch (type) {
            case BOOL -> in.u8() != 0;
            case INT16, INT32 -> in.zigzag32();
            case INT64 -> in.zigzag64();
            case FLOAT32 -> Float.intBitsToFloat(in.i32());
            case FLOAT64 -> Double.longBitsToDouble(in.i64());
            case TEXT, JSON, XML, LTREE -> in.text();
            case BYTES -> new Bytes(in.bytes(in.count()));
            case DATE -> date(in);
            case TIME -> new TimeOfDay(in.varlong());
            case TIMETZ -> OffsetTime.of(LocalTime.ofNanoOfDay(in.varlong()), ZoneOffset.ofTotalSeconds(in.zigzag32()));
            case TIMESTAMP -> {
                long second = in.varlong();
                yield isSpecial(second)
                        ? special(second)
                        : LocalDateTime.ofEpochSecond(signed(second), nano(in), ZoneOffset.UTC);
            }
            case TIMESTAMPTZ -> {
                long second = in.varlong();
                yield isSpecial(second) ? special(second) : Instant.ofEpochSecond(signed(second), nano(in));
            }
            case INTERVAL -> new Interval(in.zigzag32(), in.zigzag32(), in.zigzag64());
            case UUID -> new UUID(in.i64(), in.i64());
            case HSTORE -> hstore(in);
            case GEOMETRY -> {
                OptionalInt srid = in.u8() == 0 ? OptionalInt.empty() : OptionalInt.of(in.zigzag32());
                yield new Geometry(new Bytes(in.bytes(in.count())), srid);
            }
        };
    }

    /** The special value that a numeric, a date or a timestamp is; null, and nothing is read, where it is none. */
    public static @Nullable Special special(BinaryReader in) {
        return isSpecial(in.peek()) ? special(in.u8()) : null;
    }

    /** Whether a long holds the unscaled value of a numeric that is not special; then its scale and that, both zigzag, come next. */
    public static boolean isDecimal(BinaryReader in) {
        boolean compact = in.peek() == COMPACT;
        if (compact) {
            in.skip(1);
        }
        return compact;
    }

    /** The day since 1970-01-01 of a date, or the second since 1970-01-01T00:00 of a timestamp, that is not special. */
    public static long daysOrSeconds(BinaryReader in) {
        return signed(in.varlong());
    }

    /** The nanosecond of a timestamp, which stands behind its second. */
    public static int nano(BinaryReader in) {
        long fraction = in.varlong();
        return (int) ((fraction & 1) == 0 ? fraction / 2 * 1000 : fraction / 2);
    }

    private static boolean isSpecial(long code) {
        return code >= 0 && code < SPECIALS;
    }

    private static Special special(long code) {
        return switch ((int) code) {
            case 0 -> Special.NAN;
            case 1 -> Special.INFINITY;
            case 2 -> Special.NEGATIVE_INFINITY;
            default -> throw new IllegalArgumentException("a special value of code " + code);
        };
    }

    private static long signed(long code) {
        long value = code - SPECIALS;
        return (value >>> 1) ^ -(value & 1);
    }

    private static Object date(BinaryReader in) {
        long day = in.varlong();
        return isSpecial(day) ? special(day) : LocalDate.ofEpochDay(signed(day));
    }

    private static Object numeric(BinaryReader in) {
        int kind = in.u8();
        return switch (kind) {
            case COMPACT -> {
                int scale = in.zigzag32();
                yield BigDecimal.valueOf(in.zigzag64(), scale);
            }
            case LARGE -> digits(in);
            default -> special(kind);
        };
    }

    /** A numeric that is neither special nor {@linkplain #isDecimal of a long}. */
    public static BigDecimal large(BinaryReader in) {
        if (in.u8() != LARGE) {
            throw new IllegalArgumentException("a numeric of an unknown kind");
        }
        return digits(in);
    }

    private static BigDecimal digits(BinaryReader in) {
        int scale = in.zigzag32();
        return new BigDecimal(new BigInteger(in.bytes(in.count())), scale);
    }

    /**
     * How many elements an array has.
     *
     * @param head the number that the array begins with
     */
    public static long elements(long head, BinaryReader in) {
        long count = head >>> 1;
        if (count > in.remaining()) {
            throw new IllegalArgumentException("%d elements in %d bytes".formatted(count, in.remaining()));
        }
        return count;
    }

    /** What the next element is, whose value or list then follows; {@code head} as above. */
    public static Element element(long head, BinaryReader in) {
        if ((head & 1) == 0) {
            return Element.VALUE;
        }
        int kind = in.u8();
        return switch (kind) {
            case ELEMENT_NULL -> Element.NULL;
            case ELEMENT_VALUE -> Element.VALUE;
            case ELEMENT_LIST -> Element.LIST;
            default -> throw new IllegalArgumentException("an array's element of kind " + kind);
        };
    }

    private static Object hstore(BinaryReader in) {
        int count = in.count();
        SortedMap<String, @Nullable String> map = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            String key = in.text();
            int length = in.varint();
            map.put(key, length == 0 ? null : new String(in.bytes(length - 1), StandardCharsets.UTF_8));
        }
        return Collections.unmodifiableSortedMap(map);
    }

    private static List<@Nullable Object> list(Type element, BinaryReader in) {
        long head = in.varlong();
        @Nullable Object[] values = new @Nullable Object[(int) elements(head, in)];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (element(head, in)) {
                case NULL -> null;
                case VALUE -> value(element, in);
                case LIST -> list(element, in);
            };
        }
        return Collections.unmodifiableList(Arrays.asList(values));
    }
}
