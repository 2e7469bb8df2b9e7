package io.deltastreams.state;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.UUID;

/**
 * The keys that rows stand under, which sort like the tables' keys do where these are made of integers, texts and UUIDs.
 *
 * <p>A row's key is the byte 1, its table's number in four bytes, and of each column of the key a byte, 0 for null or 1, and the value: an integer in
 * eight bytes with its sign bit turned; a text in UTF-8 with each byte 0 followed by 255, and two bytes 0 behind it; a UUID's 16 bytes; any other in
 * {@link RowCodec}'s form behind its length in four bytes.
 *
 * <p>A row without a key has instead 16 bytes of a hash of its values, and the position at which it was inserted: equal rows stand beside each other.
 */
final class Keys {

    private static final int META = 0;
    private static final int ROW = 1;
    private static final int HASH = 16;

    private final BinaryWriter out = new BinaryWriter(64);
    private final BinaryWriter values = new BinaryWriter(256);

    static byte[] meta(String name) {
        byte[] text = ascii(name);
        byte[] key = new byte[text.length + 1];
        key[0] = META;
        System.arraycopy(text, 0, key, 1, text.length);
        return key;
    }

    /** What all keys of a table's rows begin with. */
    static byte[] table(int number) {
        BinaryWriter key = new BinaryWriter(16);
        key.u8(ROW);
        key.i32(number);
        return key.toByteArray();
    }

    /** Of a row of a table that has a key, which the row has to have. */
    byte[] of(int table, Schema schema, Row row) {
        out.truncate(0);
        out.u8(ROW);
        out.i32(table);
        for (int column : schema.key()) {
            Object value = row.get(column);
            if (!row.has(column)) {
                throw new IllegalArgumentException("a row of %s without its key's column '%s'"
                        .formatted(
                                schema.relation().text(),
                                schema.columns().get(column).name()));
            }
            out.u8(value == null ? 0 : 1);
            if (value != null) {
                append(value, schema.columns().get(column).type());
            }
        }
        return out.toByteArray();
    }

    private void append(Object value, Type type) {
        switch (value) {
            case Integer number -> out.i64(number.longValue() ^ Long.MIN_VALUE);
            case Long number -> out.i64(number ^ Long.MIN_VALUE);
            case UUID uuid -> {
                out.i64(uuid.getMostSignificantBits());
                out.i64(uuid.getLeastSignificantBits());
            }
            case String text -> {
                for (byte letter : text.getBytes(StandardCharsets.UTF_8)) {
                    out.u8(letter);
                    if (letter == 0) {
                        out.u8(0xff);
                    }
                }
                out.u8(0);
                out.u8(0);
            }
            default -> {
                values.truncate(0);
                RowCodec.write(value, type, values);
                out.i32(values.size());
                out.bytes(values.array(), 0, values.size());
            }
        }
    }

    /** What the keys of all rows begin with that have these values; a column that was added since, and is null, makes no difference. */
    byte[] alike(int table, Schema schema, Row row) {
        values.truncate(0);
        for (int i = 0; i < schema.columns().size(); i++) {
            Column column = schema.columns().get(i);
            Object value = row.get(i);
            if (value != null && row.has(i)) {
                values.text(column.name());
                RowCodec.write(value, column.type(), values);
            }
        }
        MessageDigest digest = sha256();
        digest.update(values.array(), 0, values.size());
        out.truncate(0);
        out.u8(ROW);
        out.i32(table);
        out.bytes(digest.digest(), 0, HASH);
        return out.toByteArray();
    }

    /** Of a row without a key that was inserted there. */
    byte[] of(int table, Schema schema, Row row, Position position) {
        byte[] alike = alike(table, schema, row);
        byte[] place = ascii(position.toString());
        byte[] key = Arrays.copyOf(alike, alike.length + place.length);
        System.arraycopy(place, 0, key, alike.length, place.length);
        return key;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
