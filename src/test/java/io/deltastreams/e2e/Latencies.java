package io.deltastreams.e2e;

import java.util.Arrays;
import java.util.Locale;

/** Times of many events, exactly and in full. */
final class Latencies {

    private static final double[] BOUNDS = {
        0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 100, 200, 500, 1_000, Double.MAX_VALUE
    };
    private static final int WIDTH = 50;

    private final double[] millis;

    /** @param millis in any order; kept sorted */
    Latencies(double[] millis) {
        this.millis = millis.clone();
        Arrays.sort(this.millis);
    }

    /** The smallest of the times that this share of all does not exceed (nearest rank). */
    double at(double share) {
        return millis[Math.clamp((int) Math.ceil(share * millis.length) - 1, 0, millis.length - 1)];
    }

    /** p50, p99, p99.9 and the maximum, in milliseconds. */
    String row() {
        return String.format(Locale.ROOT, "%9.2f %9.2f %9.2f %9.2f", at(0.5), at(0.99), at(0.999), at(1));
    }

    /** How many lie below which bound, one a line. */
    String histogram() {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (double bound : BOUNDS) {
            int to = from;
            while (to < millis.length && millis[to] < bound) {
                to++;
            }
            if (to > from) {
                String below = bound == Double.MAX_VALUE ? "more" : String.format(Locale.ROOT, "< %.1f ms", bound);
                int length = (int) Math.ceil((double) WIDTH * (to - from) / millis.length);
                text.append(String.format(Locale.ROOT, "%14s %,9d %s%n", below, to - from, "#".repeat(length)));
            }
            from = to;
        }
        return text.toString();
    }
}
