package io.deltastreams.codec.avro;

import static java.time.temporal.ChronoField.NANO_OF_SECOND;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Special;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;

/** Dates and times. The infinities are the greatest and the least number, as in PostgreSQL itself, and no other value is. */
final class Times {

    private static final int MICROS_A_SECOND = 1_000_000;
    private static final long LAST_SECOND = Long.MAX_VALUE / MICROS_A_SECOND - 1;

    private static final DateTimeFormatter TIME_OF_DAY = new DateTimeFormatterBuilder()
            .appendPattern("HH:mm:ss")
            .appendFraction(NANO_OF_SECOND, 6, 9, true)
            .toFormatter(Locale.ROOT);

    private Times() {}

    /** @param where the column, for messages */
    record OfDate(String where) implements ValueWriter {
        @Override
        public void write(BinaryWriter out, BinaryReader in) {
            Special special = RowCodec.special(in);
            if (special != null) {
                out.zigzag(isLast(special, where) ? Integer.MAX_VALUE : Integer.MIN_VALUE);
                return;
            }
            long day = RowCodec.daysOrSeconds(in);
            if (day <= Integer.MIN_VALUE || day >= Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "%s holds a date that Avro's date has no room for: its days since 1970 are 32 bits"
                                .formatted(where));
            }
            out.zigzag(day);
        }
    }

    /** @param where the column, for messages */
    record OfMoment(String where) implements ValueWriter {
        @Override
        public void write(BinaryWriter out, BinaryReader in) {
            Special special = RowCodec.special(in);
            if (special != null) {
                out.zigzag(isLast(special, where) ? Long.MAX_VALUE : Long.MIN_VALUE);
                return;
            }
            long second = RowCodec.daysOrSeconds(in);
            out.zigzag(micros(second, RowCodec.nano(in), where));
        }
    }

    private static boolean isLast(Special special, String where) {
        return switch (special) {
            case INFINITY -> true;
            case NEGATIVE_INFINITY -> false;
            case NAN -> throw new IllegalArgumentException(where + " holds NaN, which is no time");
        };
    }

    /**
     * Since 1970-01-01T00:00.
     *
     * @throws IllegalArgumentException if they are not exactly that many, or more than 64 bits hold
     */
    static long micros(long second, int nano, String where) {
        if (second < -LAST_SECOND || second > LAST_SECOND) {
            throw new IllegalArgumentException(
                    "%s holds a time that Avro's microseconds since 1970 have no room for in 64 bits".formatted(where));
        }
        if (nano % 1000 != 0) {
            throw new IllegalArgumentException(
                    "%s holds a time with nanoseconds, and in format avro it has microseconds".formatted(where));
        }
        return second * MICROS_A_SECOND + nano / 1000;
    }

    /** {@code 10:15:30.123456+02:00}: six decimals, nine where they are needed. */
    static void timeWithZone(BinaryWriter out, BinaryReader in) {
        LocalTime time = LocalTime.ofNanoOfDay(in.varlong());
        ZoneOffset offset = ZoneOffset.ofTotalSeconds(in.zigzag32());
        Values.string(out, TIME_OF_DAY.format(time) + offset.getId());
    }
}
