package io.deltastreams.change;

/**
 * PostgreSQL's interval: three parts that do not convert into each other (a month has no fixed number of days, a day none of hours).
 */
public record Interval(int months, int days, long micros) {

    /** ISO 8601 duration with signed parts: {@code P1Y2M3DT4H5M6.789S}, {@code P-1DT-2H}, {@code PT0S}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("P");
        part(text, months / 12, 'Y');
        part(text, months % 12, 'M');
        part(text, days, 'D');
        if (micros != 0 || text.length() == 1) {
            text.append('T');
            part(text, micros / 3_600_000_000L, 'H');
            part(text, micros / 60_000_000L % 60, 'M');
            seconds(text);
        }
        return text.toString();
    }

    private static void part(StringBuilder text, long amount, char unit) {
        if (amount != 0) {
            text.append(amount).append(unit);
        }
    }

    private void seconds(StringBuilder text) {
        long rest = micros % 60_000_000L;
        if (rest == 0 && text.charAt(text.length() - 1) != 'T') {
            return;
        }
        text.append(rest < 0 ? "-" : "").append(Math.abs(rest / 1_000_000));
        long fraction = Math.abs(rest % 1_000_000);
        if (fraction != 0) {
            text.append('.')
                    .append(Long.toString(1_000_000 + fraction).substring(1).replaceAll("0+$", ""));
        }
        text.append('S');
    }
}
