package io.deltastreams.postgres;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGInterval;

/**
 * Values from PostgreSQL's text form, as its output functions write it with {@code DateStyle = ISO} and {@code IntervalStyle = postgres}
 * (PostgreSQL manual, chapter 8).
 */
public final class PgText {

    private PgText() {}

    /** The value of that type. */
    public static Object value(Type type, String text) {
        return switch (type) {
            case Type.Simple simple -> simple(simple, text);
            case Type.Numeric _ -> numeric(text);
            case Type.Array array -> array(array.element(), text);
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> text;
        };
    }

    private static Object simple(Type.Simple type, String text) {
        return switch (type) {
            case BOOL -> text.equals("t") || text.equals("true");
            case INT16, INT32 -> Integer.valueOf(text);
            case INT64 -> Long.valueOf(text);
            case FLOAT32 -> Float.valueOf(text);
            case FLOAT64 -> Double.valueOf(text);
            case TEXT, JSON, XML, LTREE, GEOMETRY -> text;
            case BYTES -> new Bytes(HexFormat.of().parseHex(text, 2, text.length()));
            case DATE -> unlessSpecial(text, PgText::date);
            case TIME -> time(text);
            case TIMETZ -> timeWithZone(text);
            case TIMESTAMP -> unlessSpecial(text, PgText::timestamp);
            case TIMESTAMPTZ -> unlessSpecial(text, PgText::instant);
            case INTERVAL -> interval(text);
            case UUID -> UUID.fromString(text);
            case HSTORE -> hstore(text);
        };
    }

    public static Object numeric(String text) {
        return unlessSpecial(text, BigDecimal::new);
    }

    private static Object unlessSpecial(String text, Function<String, Object> read) {
        Special special = special(text);
        return special == null ? read.apply(text) : special;
    }

    private static @Nullable Special special(String text) {
        if (Character.isDigit(text.charAt(text.length() - 1))) {
            return null;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "nan" -> Special.NAN;
            case "infinity" -> Special.INFINITY;
            case "-infinity" -> Special.NEGATIVE_INFINITY;
            default -> null;
        };
    }

    private static LocalDate date(String text) {
        boolean before = text.endsWith(" BC");
        String[] parts = (before ? text.substring(0, text.length() - 3) : text).split("-", -1);
        int year = Integer.parseInt(parts[0]);
        return LocalDate.of(before ? 1 - year : year, Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    public static TimeOfDay time(String text) {
        if (text.startsWith("24:")) {
            return new TimeOfDay(86_400_000_000L);
        }
        return new TimeOfDay(LocalTime.parse(text).toNanoOfDay() / 1000);
    }

    private static LocalDateTime timestamp(String text) {
        boolean before = text.endsWith(" BC");
        int space = text.indexOf(' ');
        String date = text.substring(0, space) + (before ? " BC" : "");
        String time = text.substring(space + 1, before ? text.length() - 3 : text.length());
        return LocalDateTime.of(date(date), LocalTime.parse(time));
    }

    private static Instant instant(String text) {
        boolean before = text.endsWith(" BC");
        String plain = before ? text.substring(0, text.length() - 3) : text;
        int zone = Math.max(plain.lastIndexOf('+'), plain.lastIndexOf('-'));
        LocalDateTime local = timestamp(plain.substring(0, zone) + (before ? " BC" : ""));
        return local.toInstant(ZoneOffset.of(plain.substring(zone)));
    }

    /** A time of day with its zone's offset; 24:00 has no value in Java and becomes the day's last microsecond. */
    public static OffsetTime timeWithZone(String text) {
        int zone = Math.max(text.lastIndexOf('+'), Math.max(text.lastIndexOf('-'), text.lastIndexOf('Z')));
        String time = text.substring(0, zone);
        LocalTime local = time.startsWith("24:") ? LocalTime.of(23, 59, 59, 999_999_000) : LocalTime.parse(time);
        return local.atOffset(ZoneOffset.of(text.substring(zone)));
    }

    public static Interval interval(String text) {
        try {
            return interval(new PGInterval(text));
        } catch (SQLException e) {
            throw new IllegalArgumentException("an interval that the driver cannot read", e);
        }
    }

    public static Interval interval(PGInterval read) {
        long seconds = (read.getHours() * 60L + read.getMinutes()) * 60L + read.getWholeSeconds();
        return new Interval(
                Math.addExact(Math.multiplyExact(read.getYears(), 12), read.getMonths()),
                read.getDays(),
                seconds * 1_000_000L + read.getMicroSeconds());
    }

    /** {@code "a"=>"1", "b"=>NULL}, sorted by key. */
    public static Map<String, @Nullable String> hstore(String text) {
        TreeMap<String, @Nullable String> map = new TreeMap<>();
        Cursor cursor = new Cursor(text, 0);
        while (cursor.at < text.length()) {
            String key = cursor.quoted();
            cursor.at += "=>".length();
            if (text.charAt(cursor.at) == '"') {
                map.put(key, cursor.quoted());
            } else {
                map.put(key, null);
                cursor.at += "NULL".length();
            }
            cursor.at += ", ".length();
        }
        return Collections.unmodifiableSortedMap(map);
    }

    /** {@code {1,NULL,"a b",{2,3}}}, with the bounds in front that an array has which does not begin at 1. */
    public static List<@Nullable Object> array(Type element, String text) {
        return array(element, new Cursor(text, text.charAt(0) == '[' ? text.indexOf("={") + 1 : 0));
    }

    private static List<@Nullable Object> array(Type element, Cursor cursor) {
        List<@Nullable Object> list = new ArrayList<>();
        cursor.at++;
        while (cursor.current() != '}') {
            switch (cursor.current()) {
                case '{' -> list.add(array(element, cursor));
                case '"' -> list.add(value(element, cursor.quoted()));
                default -> {
                    String word = cursor.word();
                    list.add(word.equals("NULL") ? null : value(element, word));
                }
            }
            if (cursor.current() == ',') {
                cursor.at++;
            }
        }
        cursor.at++;
        return Collections.unmodifiableList(list);
    }

    /** A place in a text that is read from left to right. */
    private static final class Cursor {

        private final String text;
        private int at;

        Cursor(String text, int at) {
            this.text = text;
            this.at = at;
        }

        char current() {
            return text.charAt(at);
        }

        String quoted() {
            StringBuilder value = new StringBuilder();
            for (at++; current() != '"'; at++) {
                if (current() == '\\') {
                    at++;
                }
                value.append(current());
            }
            at++;
            return value.toString();
        }

        String word() {
            int start = at;
            while (current() != ',' && current() != '}') {
                at++;
            }
            return text.substring(start, at);
        }
    }
}
