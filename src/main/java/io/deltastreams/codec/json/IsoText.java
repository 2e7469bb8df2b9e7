package io.deltastreams.codec.json;

import io.deltastreams.change.TimeOfDay;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;

/** Dates and times in ISO 8601 with always six decimals, nine only where a value has nanoseconds. */
final class IsoText {

    private static final int LONGEST = 48;

    private IsoText() {}

    static String of(LocalDate date) {
        return date(new StringBuilder(LONGEST), date).toString();
    }

    static String of(TimeOfDay time) {
        long seconds = time.micros() / 1_000_000;
        int nanos = (int) (time.micros() % 1_000_000) * 1000;
        StringBuilder text = new StringBuilder(LONGEST);
        return clock(text, (int) (seconds / 3600), (int) (seconds / 60 % 60), (int) (seconds % 60), nanos)
                .toString();
    }

    static String of(OffsetTime time) {
        StringBuilder text = new StringBuilder(LONGEST);
        return clock(text, time.getHour(), time.getMinute(), time.getSecond(), time.getNano())
                .append(time.getOffset().getId())
                .toString();
    }

    static String of(LocalDateTime moment) {
        return dateTime(new StringBuilder(LONGEST), moment).toString();
    }

    static String of(Instant instant) {
        LocalDateTime moment = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
        return dateTime(new StringBuilder(LONGEST), moment).append('Z').toString();
    }

    private static StringBuilder dateTime(StringBuilder text, LocalDateTime moment) {
        date(text, moment.toLocalDate()).append('T');
        return clock(text, moment.getHour(), moment.getMinute(), moment.getSecond(), moment.getNano());
    }

    private static StringBuilder date(StringBuilder text, LocalDate date) {
        int year = date.getYear();
        if (year < 0) {
            text.append('-');
        } else if (year > 9999) {
            text.append('+');
        }
        digits(text, Math.abs(year), 1000).append('-');
        digits(text, date.getMonthValue(), 10).append('-');
        return digits(text, date.getDayOfMonth(), 10);
    }

    private static StringBuilder clock(StringBuilder text, int hour, int minute, int second, int nanos) {
        digits(text, hour, 10).append(':');
        digits(text, minute, 10).append(':');
        digits(text, second, 10).append('.');
        return nanos % 1000 == 0 ? digits(text, nanos / 1000, 100_000) : digits(text, nanos, 100_000_000);
    }

    /** A number with zeros in front, down from the decimal place {@code unit}, or from a higher one that it has. */
    private static StringBuilder digits(StringBuilder text, int number, int unit) {
        if (number / unit >= 10) {
            return text.append(number);
        }
        for (int place = unit; place > 0; place /= 10) {
            text.append((char) ('0' + number / place % 10));
        }
        return text;
    }
}
