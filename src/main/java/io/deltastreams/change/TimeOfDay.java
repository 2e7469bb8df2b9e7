package io.deltastreams.change;

import java.time.LocalTime;
import java.util.Locale;

/** A time of day in microseconds since midnight; 24:00:00 is one too in PostgreSQL, which {@link LocalTime} does not have. */
public record TimeOfDay(long micros) {

    private static final long DAY = 86_400_000_000L;

    public TimeOfDay {
        if (micros < 0 || micros > DAY) {
            throw new IllegalArgumentException("a time of day lies within 00:00 and 24:00, not at " + micros + " µs");
        }
    }

    /** ISO 8601, with as many decimals as needed: {@code 10:15:30}, {@code 10:15:30.123456}, {@code 24:00:00}. */
    @Override
    public String toString() {
        long seconds = micros / 1_000_000;
        long fraction = micros % 1_000_000;
        String clock = String.format(Locale.ROOT, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
        return fraction == 0 ? clock : (clock + String.format(Locale.ROOT, ".%06d", fraction)).replaceAll("0+$", "");
    }
}
