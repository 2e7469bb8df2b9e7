package io.deltastreams.codec;

/**
 * What stands in front of a record whose schema is in a registry: a zero byte and the schema's id in four, the highest first (<a
 * href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format">Confluent's wire
 * format</a>).
 */
public final class WireFormat {

    public static final int LENGTH = 5;

    private WireFormat() {}

    /** Writes it at the beginning of an array that has room for it. */
    public static void write(byte[] record, int id) {
        record[0] = 0;
        record[1] = (byte) (id >>> 24);
        record[2] = (byte) (id >>> 16);
        record[3] = (byte) (id >>> 8);
        record[4] = (byte) id;
    }
}
