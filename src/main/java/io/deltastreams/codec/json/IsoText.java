package io.deltastreams.codec.json;

import java.time.LocalDate;
import java.time.ZoneOffset;

/** Dates and times in ISO 8601 with always six decimals, nine only where a value has nanoseconds; digit by digit, without quotes. */
final class IsoText {

    private static final int SECONDS_A_DAY = 86_400;
    private static final long NANOS_A_SECOND = 1_000_000_000;

    private IsoText() {}

    /** @param day since 1970-01-01 */
    static void date(JsonWriter out, long day) {
        LocalDate date = LocalDate.ofEpochDay(day);
        int year = date.getYear();
        if (year < 0) {
            out.ascii('-');
        } else if (year > 9999) {
            out.ascii('+');
        }
        out.padded(Math.abs(year), 4);
        out.ascii('-');
        out.two(date.getMonthValue());
        out.ascii('-');
        out.two(date.getDayOfMonth());
    }

    /** @param second since 1970-01-01T00:00 */
    static void moment(JsonWriter out, long second, int nano) {
        date(out, Math.floorDiv(second, SECONDS_A_DAY));
        out.ascii('T');
        clock(out, Math.floorMod(second, SECONDS_A_DAY), nano);
    }

    /** @param nanos since midnight */
    static void time(JsonWriter out, long nanos) {
        clock(out, (int) (nanos / NANOS_A_SECOND), (int) (nanos % NANOS_A_SECOND));
    }

    static void offset(JsonWriter out, int seconds) {
        out.ascii(ZoneOffset.ofTotalSeconds(seconds).getId());
    }

    private static void clock(JsonWriter out, int second, int nano) {
        out.two(second / 3600);
        out.ascii(':');
        out.two(second / 60 % 60);
        out.ascii(':');
        out.two(second % 60);
        out.ascii('.');
        if (nano % 1000 == 0) {
            out.padded(nano / 1000, 6);
        } else {
            out.padded(nano, 9);
        }
    }
}
