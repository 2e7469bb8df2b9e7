package io.deltastreams.transform;

import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Conversions between types, those of CAST and those that happen by themselves. Dates and times read ISO 8601, in UTC. */
final class Casts {

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,6})?");
    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,30}");
    private static final Pattern DATE = Pattern.compile("(\\d{4,6})-(\\d{1,2})-(\\d{1,2})");
    private static final Pattern TIME = Pattern.compile("(\\d{1,2}):(\\d{2})(?::(\\d{2})(\\.\\d{1,6})?)?");
    private static final Pattern ZONE = Pattern.compile("(.*\\d)\\s*(Z|z|UTC|[+-]\\d{2}(?::?\\d{2})?)");
    private static final List<String> TRUES = List.of("true", "yes", "on", "1");
    private static final List<String> FALSES = List.of("false", "no", "off", "0");

    private Casts() {}

    /** The conversion, or nothing where PostgreSQL has none either. */
    static Optional<UnaryOperator<Object>> between(Type from, Type to) {
        return Optional.ofNullable(find(from, to));
    }

    private static @Nullable UnaryOperator<Object> find(Type from, Type to) {
        if (to == Type.Simple.TEXT) {
            return switch (Types.family(from)) {
                case TEXT -> value -> value;
                case NUMBER -> Casts::digits;
                default -> Rendering::text;
            };
        }
        if (from.equals(to)) {
            return value -> value;
        }
        return switch (Types.family(from)) {
            case TEXT -> ofText(to);
            case NUMBER -> to == Type.Simple.BOOL ? toBool(from) : ofNumber(to);
            case BOOL -> to == Type.Simple.INT32 ? value -> (Boolean) value ? 1 : 0 : null;
            case MOMENT -> ofMoment(to);
            case BYTES, TIME, INTERVAL, UUID, OTHER -> null;
        };
    }

    /** PostgreSQL writes a numeric's infinity with a capital letter, a date's without. */
    private static Object digits(Object number) {
        return Rendering.text(number instanceof Special ? Numbers.toDouble(number) : number);
    }

    private static @Nullable UnaryOperator<Object> toBool(Type from) {
        return from == Type.Simple.INT32 ? value -> (Integer) value != 0 : null;
    }

    private static @Nullable UnaryOperator<Object> ofNumber(Type to) {
        return switch (to) {
            case Type.Simple.INT16 -> value -> Numbers.toInt16(Numbers.toLong(value, "smallint"));
            case Type.Simple.INT32 -> value -> Numbers.toInt32(Numbers.toLong(value, "integer"));
            case Type.Simple.INT64 -> value -> Numbers.toLong(value, "bigint");
            case Type.Simple.FLOAT32 -> Casts::toFloat;
            case Type.Simple.FLOAT64 -> Numbers::toDouble;
            case Type.Numeric numeric -> value -> fitted(Numbers.toNumeric(value), numeric);
            default -> null;
        };
    }

    private static Object toFloat(Object value) {
        double wide = Numbers.toDouble(value);
        float narrow = value instanceof BigDecimal exact ? exact.floatValue() : (float) wide;
        if (Float.isInfinite(narrow) != Double.isInfinite(wide) || (narrow == 0 && wide != 0)) {
            throw new Failure("value out of range for real");
        }
        return narrow;
    }

    private static Object fitted(Object value, Type.Numeric type) {
        if (type.precision() == 0 || value == Special.NAN) {
            return value;
        }
        if (!(value instanceof BigDecimal exact)) {
            throw new Failure("numeric field overflow");
        }
        BigDecimal rounded = exact.setScale(type.scale(), RoundingMode.HALF_UP);
        if (rounded.signum() != 0 && rounded.precision() - rounded.scale() > type.precision() - type.scale()) {
            throw new Failure("numeric field overflow");
        }
        return rounded;
    }

    private static @Nullable UnaryOperator<Object> ofMoment(Type to) {
        return switch (to) {
            case Type.Simple.DATE ->
                value -> value instanceof Special ? value : local(value).toLocalDate();
            case Type.Simple.TIMESTAMP -> value -> value instanceof Special ? value : local(value);
            case Type.Simple.TIMESTAMPTZ ->
                value -> value instanceof Special ? value : local(value).toInstant(ZoneOffset.UTC);
            default -> null;
        };
    }

    /** A moment as UTC's calendar and clock show it. */
    static LocalDateTime local(Object moment) {
        return switch (moment) {
            case LocalDate date -> date.atStartOfDay();
            case Instant instant -> LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
            default -> (LocalDateTime) moment;
        };
    }

    private static @Nullable UnaryOperator<Object> ofText(Type to) {
        return switch (to) {
            case Type.Simple simple ->
                switch (simple) {
                    case BOOL -> text -> bool((String) text);
                    case INT16 -> text -> Numbers.toInt16(whole((String) text, "smallint"));
                    case INT32 -> text -> Numbers.toInt32(whole((String) text, "integer"));
                    case INT64 -> text -> whole((String) text, "bigint");
                    case FLOAT32 -> text -> toFloat(number((String) text, "real"));
                    case FLOAT64 -> text -> Numbers.toDouble(number((String) text, "double precision"));
                    case DATE -> text -> date((String) text);
                    case TIME -> text -> time(((String) text).strip());
                    case TIMESTAMP -> text -> timestamp((String) text, false);
                    case TIMESTAMPTZ -> text -> timestamp((String) text, true);
                    case UUID -> text -> uuid((String) text);
                    default -> null;
                };
            case Type.Numeric numeric -> text -> fitted(number((String) text, "numeric"), numeric);
            case Type.Enumeration _ -> text -> text;
            case Type.Range _, Type.Array _, Type.Opaque _ -> null;
        };
    }

    private static Failure invalid(String type) {
        return new Failure("invalid text for type " + type);
    }

    private static Boolean bool(String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (isAmong(word, TRUES)) {
            return true;
        }
        if (isAmong(word, FALSES)) {
            return false;
        }
        throw invalid("boolean");
    }

    /** Words may be cut short, but "o" could be both on and off. */
    private static boolean isAmong(String word, List<String> words) {
        return !word.isEmpty() && !word.equals("o") && words.stream().anyMatch(full -> full.startsWith(word));
    }

    private static long whole(String text, String type) {
        String stripped = text.strip();
        if (!WHOLE.matcher(stripped).matches()) {
            throw invalid(type);
        }
        return Numbers.toLong(new BigDecimal(stripped), type);
    }

    private static Object number(String text, String type) {
        String stripped = text.strip();
        return switch (stripped.toLowerCase(Locale.ROOT)) {
            case "nan" -> Special.NAN;
            case "infinity", "inf", "+infinity", "+inf" -> Special.INFINITY;
            case "-infinity", "-inf" -> Special.NEGATIVE_INFINITY;
            default -> {
                if (stripped.length() > 200_000 || !NUMBER.matcher(stripped).matches()) {
                    throw invalid(type);
                }
                yield Numbers.checked(new BigDecimal(stripped));
            }
        };
    }

    private static @Nullable Special infinite(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "infinity" -> Special.INFINITY;
            case "-infinity" -> Special.NEGATIVE_INFINITY;
            default -> null;
        };
    }

    private static Object date(String text) {
        String stripped = text.strip();
        Special infinite = infinite(stripped);
        return infinite != null ? infinite : localDate(stripped);
    }

    private static LocalDate localDate(String text) {
        Matcher matcher = DATE.matcher(text);
        if (!matcher.matches()) {
            throw invalid("date");
        }
        try {
            return LocalDate.of(
                    Integer.parseInt(matcher.group(1)),
                    Integer.parseInt(matcher.group(2)),
                    Integer.parseInt(matcher.group(3)));
        } catch (DateTimeException _) {
            throw invalid("date");
        }
    }

    private static TimeOfDay time(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            throw invalid("time");
        }
        long minutes = Long.parseLong(matcher.group(1)) * 60 + Long.parseLong(matcher.group(2));
        long seconds = matcher.group(3) == null ? 0 : Long.parseLong(matcher.group(3));
        long micros = matcher.group(4) == null
                ? 0
                : new BigDecimal(matcher.group(4)).movePointRight(6).longValueExact();
        if (Long.parseLong(matcher.group(2)) > 59 || seconds > 59) {
            throw invalid("time");
        }
        try {
            return new TimeOfDay((minutes * 60 + seconds) * 1_000_000 + micros);
        } catch (IllegalArgumentException _) {
            throw invalid("time");
        }
    }

    private static Object timestamp(String text, boolean zoned) {
        String stripped = text.strip();
        Special infinite = infinite(stripped);
        if (infinite != null) {
            return infinite;
        }
        ZoneOffset offset = ZoneOffset.UTC;
        Matcher zone = ZONE.matcher(stripped);
        if (stripped.indexOf(':') > 0 && zone.matches()) {
            stripped = zone.group(1);
            offset = offset(zone.group(2));
        }
        int gap = Math.max(stripped.indexOf(' '), stripped.indexOf('T'));
        LocalDate date = localDate(gap < 0 ? stripped : stripped.substring(0, gap));
        long micros = gap < 0 ? 0 : time(stripped.substring(gap + 1).strip()).micros();
        LocalDateTime moment = LocalDateTime.of(date, LocalTime.MIDNIGHT).plusNanos(micros * 1_000);
        return zoned ? OffsetDateTime.of(moment, offset).toInstant() : moment;
    }

    private static ZoneOffset offset(String zone) {
        try {
            return Character.isLetter(zone.charAt(0)) ? ZoneOffset.UTC : ZoneOffset.of(zone);
        } catch (DateTimeException _) {
            throw invalid("timestamptz");
        }
    }

    private static UUID uuid(String text) {
        String hex = text.strip().replace("-", "");
        if (hex.length() != 32 || !hex.chars().allMatch(digit -> Character.digit(digit, 16) >= 0 && digit < 128)) {
            throw invalid("uuid");
        }
        return new UUID(Long.parseUnsignedLong(hex, 0, 16, 16), Long.parseUnsignedLong(hex, 16, 32, 16));
    }
}
