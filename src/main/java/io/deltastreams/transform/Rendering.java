package io.deltastreams.transform;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Special;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Locale;

/** Values as text, as PostgreSQL's casts write them; what PostgreSQL has no cast for reads as ours. Timestamps with zone are in UTC. */
final class Rendering {

    private static final int DOUBLE_PLAIN_BELOW = 15;
    private static final int FLOAT_PLAIN_BELOW = 6;

    private Rendering() {}

    static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Boolean flag -> flag ? "true" : "false";
            case BigDecimal exact -> exact.toPlainString();
            case Double number -> shortest(number.toString(), DOUBLE_PLAIN_BELOW);
            case Float number -> shortest(number.toString(), FLOAT_PLAIN_BELOW);
            case Special special -> special.text();
            case LocalDate date -> date(date) + era(date.getYear());
            case LocalDateTime moment -> moment(moment) + era(moment.getYear());
            case Instant instant -> {
                LocalDateTime moment = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
                yield moment(moment) + "+00" + era(moment.getYear());
            }
            case Bytes bytes -> "\\x" + HexFormat.of().formatHex(bytes.array());
            default -> value.toString();
        };
    }

    /** {@code digits} is Java's shortest form, which has PostgreSQL's digits but not its layout. */
    private static String shortest(String digits, int plainBelow) {
        if (digits.endsWith("NaN") || digits.endsWith("Infinity")) {
            return digits;
        }
        BigDecimal exact = new BigDecimal(digits).stripTrailingZeros();
        String sign = digits.startsWith("-") ? "-" : "";
        if (exact.signum() == 0) {
            return sign + "0";
        }
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < plainBelow) {
            return exact.toPlainString();
        }
        BigInteger unscaled = exact.unscaledValue().abs();
        String all = unscaled.toString();
        String mantissa = all.length() == 1 ? all : all.charAt(0) + "." + all.substring(1);
        return "%s%se%s%02d".formatted(sign, mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    private static String date(LocalDate date) {
        int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
        return String.format(Locale.ROOT, "%04d-%02d-%02d", year, date.getMonthValue(), date.getDayOfMonth());
    }

    private static String moment(LocalDateTime moment) {
        LocalTime time = moment.toLocalTime();
        String clock = String.format(
                Locale.ROOT,
                "%s %02d:%02d:%02d",
                date(moment.toLocalDate()),
                time.getHour(),
                time.getMinute(),
                time.getSecond());
        int micros = time.getNano() / 1_000;
        return micros == 0
                ? clock
                : clock + String.format(Locale.ROOT, ".%06d", micros).replaceAll("0+$", "");
    }

    private static String era(int year) {
        return year > 0 ? "" : " BC";
    }
}
