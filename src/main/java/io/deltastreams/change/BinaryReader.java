package io.deltastreams.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads what {@link BinaryWriter} wrote. Whatever does not fit is an {@link IllegalArgumentException}. Not thread-safe. */
public final class BinaryReader {

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] array;
    private int limit;
    private int position;

    public BinaryReader(byte[] array) {
        this(array, 0, array.length);
    }

    public BinaryReader(byte[] array, int offset, int length) {
        check(array, offset, length);
        this.array = array;
        position = offset;
        limit = offset + length;
    }

    private static void check(byte[] array, int offset, int length) {
        if (offset < 0 || length < 0 || length > array.length - offset) {
            throw new IllegalArgumentException("%d bytes at %d of %d".formatted(length, offset, array.length));
        }
    }

    /** Reads something else from here on. */
    public void reset(byte[] bytes, int offset, int length) {
        check(bytes, offset, length);
        array = bytes;
        position = offset;
        limit = offset + length;
    }

    /** The bytes that are read from; those that count lie at {@link #position} and behind it. */
    public byte[] array() {
        return array;
    }

    public int position() {
        return position;
    }

    public int remaining() {
        return limit - position;
    }

    /** The next byte, which stays the next. */
    int peek() {
        need(1);
        return array[position] & 0xff;
    }

    public int u8() {
        need(1);
        return array[position++] & 0xff;
    }

    public int i32() {
        need(4);
        int value = (int) INT.get(array, position);
        position += 4;
        return value;
    }

    public long i64() {
        need(8);
        long value = (long) LONG.get(array, position);
        position += 8;
        return value;
    }

    public int varint() {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = u8();
            value |= (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalArgumentException("an integer of more than 5 bytes");
    }

    public long varlong() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int next = u8();
            value |= (next & 0x7fL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IllegalArgumentException("an integer of more than 10 bytes");
    }

    public int zigzag32() {
        int value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    public long zigzag64() {
        long value = varlong();
        return (value >>> 1) ^ -(value & 1);
    }

    /** How many things follow, each of at least one byte: never more than there are bytes, so that damage cannot ask for memory. */
    public int count() {
        int count = varint();
        if (count < 0 || count > remaining()) {
            throw new IllegalArgumentException("%d things in %d bytes".formatted(count, remaining()));
        }
        return count;
    }

    public String text() {
        int length = count();
        String text = new String(array, position, length, StandardCharsets.UTF_8);
        position += length;
        return text;
    }

    public byte[] bytes(int length) {
        need(length);
        byte[] bytes = Arrays.copyOfRange(array, position, position + length);
        position += length;
        return bytes;
    }

    public void skip(int length) {
        need(length);
        position += length;
    }

    private void need(int length) {
        if (length < 0 || length > limit - position) {
            throw new IllegalArgumentException("%d bytes wanted where %d are left".formatted(length, limit - position));
        }
    }
}
