package io.deltastreams.change;

import java.util.List;

/**
 * The type of a column, and with it the one Java class of the column's values in a {@link Row}.
 *
 * <table>
 * <caption>Values</caption>
 * <tr><th>type</th><th>class of its values</th></tr>
 * <tr><td>BOOL</td><td>{@link Boolean}</td></tr>
 * <tr><td>INT16, INT32</td><td>{@link Integer}</td></tr>
 * <tr><td>INT64</td><td>{@link Long}</td></tr>
 * <tr><td>FLOAT32, FLOAT64</td><td>{@link Float}, {@link Double} (NaN and the infinities are theirs)</td></tr>
 * <tr><td>Numeric</td><td>{@link java.math.BigDecimal} with the scale that the source gave, or {@link Special}</td></tr>
 * <tr><td>TEXT, JSON, XML, LTREE, Enumeration, Range, Opaque</td><td>{@link String}</td></tr>
 * <tr><td>BYTES</td><td>{@link Bytes}</td></tr>
 * <tr><td>DATE</td><td>{@link java.time.LocalDate} or {@link Special}</td></tr>
 * <tr><td>TIME</td><td>{@link TimeOfDay} (24:00 exists)</td></tr>
 * <tr><td>TIMETZ</td><td>{@link java.time.OffsetTime}</td></tr>
 * <tr><td>TIMESTAMP</td><td>{@link java.time.LocalDateTime} or {@link Special}</td></tr>
 * <tr><td>TIMESTAMPTZ</td><td>{@link java.time.Instant} or {@link Special}</td></tr>
 * <tr><td>INTERVAL</td><td>{@link Interval}</td></tr>
 * <tr><td>UUID</td><td>{@link java.util.UUID}</td></tr>
 * <tr><td>HSTORE</td><td>{@code Map<String, @Nullable String>}, sorted by key</td></tr>
 * <tr><td>GEOMETRY</td><td>{@link Geometry}</td></tr>
 * <tr><td>Array</td><td>{@link List} of the element's class; elements may be null</td></tr>
 * </table>
 */
public sealed interface Type {

    /** Types without parameters. */
    enum Simple implements Type {
        BOOL,
        INT16,
        INT32,
        INT64,
        FLOAT32,
        FLOAT64,
        TEXT,
        BYTES,
        DATE,
        TIME,
        TIMETZ,
        TIMESTAMP,
        TIMESTAMPTZ,
        INTERVAL,
        UUID,
        JSON,
        XML,
        HSTORE,
        LTREE,
        GEOMETRY
    }

    /** Exact decimal. Precision 0 means that the source declares none (PostgreSQL's bare {@code numeric}). */
    record Numeric(int precision, int scale) implements Type {}

    /** One of a list of labels; empty where the source does not tell them. */
    record Enumeration(String name, List<String> labels) implements Type {
        public Enumeration {
            labels = List.copyOf(labels);
        }
    }

    /** A range in the source's text form, {@code [1,10)}, of the named range type ({@code int4range}). */
    record Range(String name) implements Type {}

    /** An array; PostgreSQL does not say how many dimensions, so an element may again be a list. */
    record Array(Type element) implements Type {}

    /** A type that we have no better form for: its values are the source's text, and this says which type it is there. */
    record Opaque(String name) implements Type {}
}
