package io.deltastreams.transform;

import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's functions on dates and times; those with time zone are seen in UTC. */
final class Moments {

    static final List<String> FIELDS = List.of(
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "epoch",
            "dow",
            "isodow",
            "doy",
            "week",
            "quarter",
            "isoyear",
            "decade",
            "century",
            "millennium",
            "millisecond",
            "microsecond");
    static final List<String> UNITS = List.of(
            "microseconds",
            "milliseconds",
            "second",
            "minute",
            "hour",
            "day",
            "week",
            "month",
            "quarter",
            "year",
            "decade",
            "century",
            "millennium");

    private static final Set<String> GROWING = Set.of("year", "epoch", "isoyear", "decade", "century", "millennium");
    private static final Set<String> CLOCK = Set.of("hour", "minute", "second", "millisecond", "microsecond", "epoch");
    private static final long SECOND = 1_000_000L;
    private static final LocalDateTime EPOCH = LocalDate.EPOCH.atStartOfDay();

    private Moments() {}

    /** Whether a time of day has the field. */
    static boolean isOfClock(String field) {
        return CLOCK.contains(field);
    }

    static @Nullable Object extract(String field, Object moment) {
        return switch (moment) {
            case Special end -> GROWING.contains(field) ? end : null;
            case TimeOfDay time -> ofClock(field, time.micros(), time.micros());
            case LocalDate date when field.equals("epoch") -> whole(date.toEpochDay() * 86_400);
            default -> extract(field, Casts.local(moment));
        };
    }

    private static Object extract(String field, LocalDateTime at) {
        int year = at.getYear() > 0 ? at.getYear() : at.getYear() - 1;
        return switch (field) {
            case "year" -> whole(year);
            case "month" -> whole(at.getMonthValue());
            case "day" -> whole(at.getDayOfMonth());
            case "dow" -> whole(at.getDayOfWeek().getValue() % 7);
            case "isodow" -> whole(at.getDayOfWeek().getValue());
            case "doy" -> whole(at.getDayOfYear());
            case "week" -> whole(at.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case "isoyear" -> whole(at.get(IsoFields.WEEK_BASED_YEAR));
            case "quarter" -> whole(at.get(IsoFields.QUARTER_OF_YEAR));
            case "decade" -> whole(Math.floorDiv(at.getYear(), 10));
            case "century" -> whole(span(year, 100));
            case "millennium" -> whole(span(year, 1_000));
            default -> ofClock(field, at.toLocalTime().toNanoOfDay() / 1_000, microsSinceEpoch(at));
        };
    }

    /** The first century is 1 to 100, the one before it -100 to -1. */
    private static int span(int year, int years) {
        return year > 0 ? (year + years - 1) / years : -((years - 1 - year) / years);
    }

    private static Object ofClock(String field, long micros, long epoch) {
        return switch (field) {
            case "hour" -> whole(micros / (3_600 * SECOND));
            case "minute" -> whole(micros / (60 * SECOND) % 60);
            case "second" -> BigDecimal.valueOf(micros % (60 * SECOND), 6);
            case "millisecond" -> BigDecimal.valueOf(micros % (60 * SECOND), 3);
            case "microsecond" -> whole(micros % (60 * SECOND));
            default -> BigDecimal.valueOf(epoch, 6);
        };
    }

    private static BigDecimal whole(long value) {
        return BigDecimal.valueOf(value);
    }

    private static long microsSinceEpoch(LocalDateTime at) {
        return ChronoUnit.MICROS.between(EPOCH, at);
    }

    /** The field's name as we know it, of any of PostgreSQL's spellings; null if there is none. */
    static @Nullable String unit(String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        for (String unit : UNITS) {
            if (unit.equals(word) || (unit + "s").equals(word) || unit.equals(word + "s")) {
                return unit;
            }
        }
        return switch (word) {
            case "centuries" -> "century";
            case "millennia" -> "millennium";
            default -> null;
        };
    }

    /** Keeps the type: a timestamp, or an instant cut in UTC. */
    static Object truncate(String unit, Object moment) {
        return switch (moment) {
            case Special end -> end;
            case Instant instant ->
                truncate(unit, LocalDateTime.ofInstant(instant, ZoneOffset.UTC)).toInstant(ZoneOffset.UTC);
            default -> truncate(unit, (LocalDateTime) moment);
        };
    }

    private static LocalDateTime truncate(String unit, LocalDateTime at) {
        LocalDate date = at.toLocalDate();
        return switch (unit) {
            case "microseconds" -> at.truncatedTo(ChronoUnit.MICROS);
            case "milliseconds" -> at.truncatedTo(ChronoUnit.MILLIS);
            case "second" -> at.truncatedTo(ChronoUnit.SECONDS);
            case "minute" -> at.truncatedTo(ChronoUnit.MINUTES);
            case "hour" -> at.truncatedTo(ChronoUnit.HOURS);
            case "day" -> date.atStartOfDay();
            case "week" -> date.minusDays(date.getDayOfWeek().getValue() - 1L).atStartOfDay();
            case "month" -> date.withDayOfMonth(1).atStartOfDay();
            case "quarter" ->
                date.withDayOfMonth(1)
                        .minusMonths((date.getMonthValue() - 1) % 3)
                        .atStartOfDay();
            case "year" -> firstOf(date.getYear());
            case "decade" -> firstOf(Math.floorDiv(date.getYear(), 10) * 10);
            case "century" -> firstOf(Math.floorDiv(date.getYear() - 1, 100) * 100 + 1);
            default -> firstOf(Math.floorDiv(date.getYear() - 1, 1_000) * 1_000 + 1);
        };
    }

    private static LocalDateTime firstOf(int year) {
        return LocalDate.of(year, 1, 1).atStartOfDay();
    }

    static Object plus(Object moment, Interval interval) {
        return switch (moment) {
            case Special end -> end;
            case Instant instant ->
                plus(LocalDateTime.ofInstant(instant, ZoneOffset.UTC), interval).toInstant(ZoneOffset.UTC);
            default -> plus(Casts.local(moment), interval);
        };
    }

    private static LocalDateTime plus(LocalDateTime at, Interval interval) {
        return at.plusMonths(interval.months()).plusDays(interval.days()).plus(interval.micros(), ChronoUnit.MICROS);
    }

    static Interval negated(Interval interval) {
        return new Interval(-interval.months(), -interval.days(), -interval.micros());
    }

    static Object plusDays(Object date, int days) {
        return date instanceof LocalDate finite ? finite.plusDays(days) : date;
    }

    static Object daysBetween(Object later, Object earlier) {
        if (later instanceof LocalDate to && earlier instanceof LocalDate from) {
            return Numbers.toInt32(ChronoUnit.DAYS.between(from, to));
        }
        throw new Failure("cannot subtract infinite dates");
    }

    /** In days and microseconds, as PostgreSQL counts them. */
    static Object between(Object later, Object earlier) {
        if (later instanceof Special || earlier instanceof Special) {
            throw new Failure("cannot subtract infinite timestamps");
        }
        long micros = ChronoUnit.MICROS.between(Casts.local(earlier), Casts.local(later));
        long day = 86_400 * SECOND;
        return new Interval(0, (int) (micros / day), micros % day);
    }
}
