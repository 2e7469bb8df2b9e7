package io.deltastreams.transform;

import io.deltastreams.change.Special;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * PostgreSQL's arithmetic: integers that overflow rather than wrap, exact numerics with NaN and the infinities, floats that refuse to
 * become infinite. Numeric division has at least 16 significant digits, and as many decimals as either operand.
 */
final class Numbers {

    private static final int MAX_INTEGER_DIGITS = 131_072;
    private static final int MAX_SCALE = 16_383;
    private static final int MAX_DIVISION_SCALE = 1_000;
    private static final int MIN_SIGNIFICANT_DIGITS = 16;
    private static final int GROUP = 4;
    private static final int DOUBLE_DIGITS = 15;
    private static final int FLOAT_DIGITS = 6;

    enum Operation {
        ADD,
        SUBTRACT,
        MULTIPLY,
        DIVIDE,
        REMAINDER
    }

    /** A function of two values that are not null. */
    @FunctionalInterface
    interface Binary {
        Object apply(Object a, Object b);
    }

    private Numbers() {}

    /** The operation in the type in which both operands meet. */
    static Binary arithmetic(Operation operation, Type type) {
        return switch (type) {
            case Type.Simple.INT16 ->
                (a, b) -> toInt16(integers(operation, ((Number) a).longValue(), ((Number) b).longValue()));
            case Type.Simple.INT32 ->
                (a, b) -> toInt32(integers(operation, ((Number) a).longValue(), ((Number) b).longValue()));
            case Type.Simple.INT64 -> (a, b) -> integers(operation, ((Number) a).longValue(), ((Number) b).longValue());
            case Type.Simple.FLOAT32 -> (a, b) -> singles(operation, (Float) a, (Float) b);
            case Type.Simple.FLOAT64 -> (a, b) -> doubles(operation, toDouble(a), toDouble(b));
            default -> (a, b) -> numerics(operation, toNumeric(a), toNumeric(b));
        };
    }

    static Integer toInt16(long value) {
        if (value != (short) value) {
            throw new Failure("smallint out of range");
        }
        return (int) value;
    }

    static Integer toInt32(long value) {
        if (value != (int) value) {
            throw new Failure("integer out of range");
        }
        return (int) value;
    }

    private static long integers(Operation operation, long a, long b) {
        try {
            return switch (operation) {
                case ADD -> Math.addExact(a, b);
                case SUBTRACT -> Math.subtractExact(a, b);
                case MULTIPLY -> Math.multiplyExact(a, b);
                case DIVIDE -> Math.divideExact(a, divisor(b));
                case REMAINDER -> a % divisor(b);
            };
        } catch (ArithmeticException _) {
            throw new Failure("bigint out of range");
        }
    }

    private static long divisor(long value) {
        if (value == 0) {
            throw divisionByZero();
        }
        return value;
    }

    private static Failure divisionByZero() {
        return new Failure("division by zero");
    }

    private static Object singles(Operation operation, float a, float b) {
        if (operation == Operation.DIVIDE && b == 0 && !Float.isNaN(a)) {
            throw divisionByZero();
        }
        float result = switch (operation) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case REMAINDER -> a % b;
        };
        checkFloat(operation, a, b, result);
        return result;
    }

    private static Object doubles(Operation operation, double a, double b) {
        if (operation == Operation.DIVIDE && b == 0 && !Double.isNaN(a)) {
            throw divisionByZero();
        }
        double result = switch (operation) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case REMAINDER -> a % b;
        };
        checkFloat(operation, a, b, result);
        return result;
    }

    private static void checkFloat(Operation operation, double a, double b, double result) {
        if (Double.isInfinite(result) && !Double.isInfinite(a) && !Double.isInfinite(b)) {
            throw new Failure("value out of range: overflow");
        }
        boolean shrinks = operation == Operation.MULTIPLY || operation == Operation.DIVIDE;
        if (shrinks && result == 0 && a != 0 && b != 0 && !Double.isInfinite(b)) {
            throw new Failure("value out of range: underflow");
        }
    }

    private static Object numerics(Operation operation, Object a, Object b) {
        if (a instanceof BigDecimal x && b instanceof BigDecimal y) {
            return checked(
                    switch (operation) {
                        case ADD -> x.add(y);
                        case SUBTRACT -> x.subtract(y);
                        case MULTIPLY -> x.multiply(y);
                        case DIVIDE -> quotient(x, y);
                        case REMAINDER -> remainder(x, y);
                    });
        }
        return specials(operation, a, b);
    }

    /** With NaN or infinity in it: doubles know what comes out, only sign and kind matter. */
    private static Object specials(Operation operation, Object a, Object b) {
        if (a == Special.NAN || b == Special.NAN) {
            return Special.NAN;
        }
        boolean divides = operation == Operation.DIVIDE || operation == Operation.REMAINDER;
        if (divides && b instanceof BigDecimal y && y.signum() == 0) {
            throw divisionByZero();
        }
        if (divides && a instanceof BigDecimal x) {
            return operation == Operation.DIVIDE ? BigDecimal.ZERO : x;
        }
        double x = sign(a);
        double y = sign(b);
        double result = switch (operation) {
            case ADD -> x + y;
            case SUBTRACT -> x - y;
            case MULTIPLY -> x * y;
            case DIVIDE -> x / y;
            case REMAINDER -> Double.NaN;
        };
        return special(result);
    }

    private static double sign(Object numeric) {
        return numeric instanceof BigDecimal finite ? finite.signum() : toDouble(numeric);
    }

    private static Special special(double value) {
        if (Double.isNaN(value)) {
            return Special.NAN;
        }
        return value > 0 ? Special.INFINITY : Special.NEGATIVE_INFINITY;
    }

    /** Within PostgreSQL's bounds, and with a scale that is not negative. */
    static BigDecimal checked(BigDecimal value) {
        if ((long) value.precision() - value.scale() > MAX_INTEGER_DIGITS || value.scale() > MAX_SCALE) {
            throw new Failure("value overflows numeric format");
        }
        return value.scale() < 0 ? value.setScale(0) : value;
    }

    private static BigDecimal remainder(BigDecimal a, BigDecimal b) {
        if (b.signum() == 0) {
            throw divisionByZero();
        }
        return a.remainder(b).setScale(Math.max(a.scale(), b.scale()), RoundingMode.UNNECESSARY);
    }

    private static BigDecimal quotient(BigDecimal a, BigDecimal b) {
        if (b.signum() == 0) {
            throw divisionByZero();
        }
        int weight = weight(a) - weight(b);
        if (firstGroup(a) <= firstGroup(b)) {
            weight--;
        }
        int scale = Math.max(MIN_SIGNIFICANT_DIGITS - weight * GROUP, Math.max(a.scale(), b.scale()));
        return a.divide(b, Math.clamp(scale, 0, MAX_DIVISION_SCALE), RoundingMode.HALF_UP);
    }

    /** PostgreSQL computes in groups of four decimal digits; the place of the first group. */
    private static int weight(BigDecimal value) {
        return value.signum() == 0 ? 0 : Math.floorDiv(value.precision() - value.scale() - 1, GROUP);
    }

    private static int firstGroup(BigDecimal value) {
        return value.abs().scaleByPowerOfTen(-GROUP * weight(value)).intValue();
    }

    static double toDouble(Object number) {
        return switch (number) {
            case BigDecimal exact -> {
                double value = exact.doubleValue();
                if (Double.isInfinite(value) || (value == 0 && exact.signum() != 0)) {
                    throw new Failure("value out of range for double precision");
                }
                yield value;
            }
            case Special special ->
                switch (special) {
                    case NAN -> Double.NaN;
                    case INFINITY -> Double.POSITIVE_INFINITY;
                    case NEGATIVE_INFINITY -> Double.NEGATIVE_INFINITY;
                };
            default -> ((Number) number).doubleValue();
        };
    }

    /** A {@link BigDecimal} or {@link Special}; of a double 15 digits, of a float 6, like PostgreSQL. */
    static Object toNumeric(Object number) {
        return switch (number) {
            case BigDecimal exact -> exact.scale() < 0 ? checked(exact) : exact;
            case Special special -> special;
            case Double value -> toNumeric(value, DOUBLE_DIGITS);
            case Float value -> toNumeric(value, FLOAT_DIGITS);
            default -> BigDecimal.valueOf(((Number) number).longValue());
        };
    }

    private static Object toNumeric(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return special(value);
        }
        BigDecimal rounded = new BigDecimal(value)
                .round(new MathContext(digits, RoundingMode.HALF_EVEN))
                .stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }

    /** The whole number nearest to any number: exact ones round half away from zero, floats half to even. */
    static long toLong(Object number, String type) {
        return switch (number) {
            case BigDecimal exact -> {
                BigDecimal whole = exact.setScale(0, RoundingMode.HALF_UP);
                if (whole.precision() > 19 || whole.unscaledValue().bitLength() > 63) {
                    throw new Failure(type + " out of range");
                }
                yield whole.longValueExact();
            }
            case Special special -> throw new Failure("cannot convert " + special.text() + " to " + type);
            case Double _, Float _ -> {
                double whole = Math.rint(((Number) number).doubleValue());
                if (!(whole >= -0x1p63 && whole < 0x1p63)) {
                    throw new Failure(type + " out of range");
                }
                yield (long) whole;
            }
            default -> ((Number) number).longValue();
        };
    }

    static int compareNumerics(Object a, Object b) {
        if (a instanceof BigDecimal x && b instanceof BigDecimal y) {
            return x.compareTo(y);
        }
        return Integer.compare(order(a), order(b));
    }

    private static int order(Object numeric) {
        return switch (numeric) {
            case Special.NEGATIVE_INFINITY -> -1;
            case Special.INFINITY -> 1;
            case Special.NAN -> 2;
            default -> 0;
        };
    }

    /** NaN equals itself and is greater than all; the zeros are equal. */
    static int compareDoubles(double a, double b) {
        if (a < b) {
            return -1;
        }
        if (a > b) {
            return 1;
        }
        return a == b ? 0 : Boolean.compare(Double.isNaN(a), Double.isNaN(b));
    }

    static Object negate(Object number) {
        return switch (number) {
            case BigDecimal exact -> exact.negate();
            case Special.NAN -> Special.NAN;
            case Special.INFINITY -> Special.NEGATIVE_INFINITY;
            case Special.NEGATIVE_INFINITY -> Special.INFINITY;
            case Double value -> -value;
            case Float value -> -value;
            case Integer value -> toInt32(-(long) value);
            default -> integers(Operation.SUBTRACT, 0, (Long) number);
        };
    }

    static int signum(Object number) {
        return switch (number) {
            case BigDecimal exact -> exact.signum();
            case Special.NEGATIVE_INFINITY -> -1;
            case Special _ -> 1;
            case Double value -> value > 0 ? 1 : value < 0 ? -1 : 0;
            case Float value -> value > 0 ? 1 : value < 0 ? -1 : 0;
            default -> Long.signum(((Number) number).longValue());
        };
    }

    /** Half away from zero; below the point where {@code places} is negative. */
    static Object round(Object numeric, int places, RoundingMode mode) {
        if (!(numeric instanceof BigDecimal exact)) {
            return numeric;
        }
        int scale = Math.clamp(places, -2_000, 2_000);
        return checked(exact.setScale(scale, mode));
    }
}
