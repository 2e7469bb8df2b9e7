package io.deltastreams.change;

/** Values of numeric, date and timestamp columns that no {@code java.math} or {@code java.time} value stands for. */
public enum Special {
    NAN("NaN"),
    INFINITY("infinity"),
    NEGATIVE_INFINITY("-infinity");

    private final String text;

    Special(String text) {
        this.text = text;
    }

    /** PostgreSQL's spelling, which is also ours in JSON. */
    public String text() {
        return text;
    }
}
