package io.deltastreams.transform;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.UUID;

/** How the values of a type compare, in PostgreSQL's order. */
@FunctionalInterface
interface Order {

    int compare(Object a, Object b);

    /** Of two values of the same type; numbers of different integer types may meet. */
    static Order of(Type type) {
        return switch (Types.family(type)) {
            case BOOL -> (a, b) -> Boolean.compare((Boolean) a, (Boolean) b);
            case NUMBER -> ofNumbers(type);
            case TEXT -> (a, b) -> Texts.compare((String) a, (String) b);
            case BYTES -> (a, b) -> Arrays.compareUnsigned(((Bytes) a).array(), ((Bytes) b).array());
            case MOMENT -> Order::moments;
            case TIME -> (a, b) -> Long.compare(((TimeOfDay) a).micros(), ((TimeOfDay) b).micros());
            case INTERVAL -> (a, b) -> micros((Interval) a).compareTo(micros((Interval) b));
            case UUID -> (a, b) -> uuids((UUID) a, (UUID) b);
            case OTHER -> throw new IllegalArgumentException(Types.name(type) + " has no order");
        };
    }

    private static Order ofNumbers(Type type) {
        if (Types.isFloat(type)) {
            return (a, b) -> Numbers.compareDoubles(Numbers.toDouble(a), Numbers.toDouble(b));
        }
        if (Types.isInteger(type)) {
            return (a, b) -> Long.compare(((Number) a).longValue(), ((Number) b).longValue());
        }
        return (a, b) -> Numbers.compareNumerics(Numbers.toNumeric(a), Numbers.toNumeric(b));
    }

    private static int moments(Object a, Object b) {
        return switch (a) {
            case LocalDate x when b instanceof LocalDate y -> x.compareTo(y);
            case LocalDateTime x when b instanceof LocalDateTime y -> x.compareTo(y);
            case Instant x when b instanceof Instant y -> x.compareTo(y);
            default -> Integer.compare(end(a), end(b));
        };
    }

    private static int end(Object moment) {
        return moment == Special.INFINITY ? 1 : moment == Special.NEGATIVE_INFINITY ? -1 : 0;
    }

    /** A month counts 30 days here and a day 24 hours, as in PostgreSQL. */
    private static BigInteger micros(Interval interval) {
        long days = interval.months() * 30L + interval.days();
        return BigInteger.valueOf(days)
                .multiply(BigInteger.valueOf(86_400_000_000L))
                .add(BigInteger.valueOf(interval.micros()));
    }

    private static int uuids(UUID a, UUID b) {
        int high = Long.compareUnsigned(a.getMostSignificantBits(), b.getMostSignificantBits());
        return high != 0 ? high : Long.compareUnsigned(a.getLeastSignificantBits(), b.getLeastSignificantBits());
    }
}
