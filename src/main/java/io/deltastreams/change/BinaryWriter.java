package io.deltastreams.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Growing bytes for our binary forms: big-endian numbers, variable-length integers of seven bits per byte with the lowest first (LEB128),
 * zigzag for signed ones (Protocol Buffers' encoding), texts as UTF-8 behind their length. Not thread-safe.
 */
public final class BinaryWriter {

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final int LARGEST = Integer.MAX_VALUE - 8;
    /** Longer texts go through the JDK's vectorised encoder, which pays for its copy then. */
    private static final int SHORT_TEXT = 96;

    private byte[] array;
    private int size;

    public BinaryWriter(int capacity) {
        array = new byte[Math.max(16, capacity)];
    }

    public int size() {
        return size;
    }

    /** The bytes themselves, of which the first {@link #size} count; valid until the next write. */
    public byte[] array() {
        return array;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(array, size);
    }

    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(array, 0, size);
    }

    /** Forgets everything behind the first {@code length} bytes; their room is kept. */
    public void truncate(int length) {
        if (length > size) {
            throw new IllegalArgumentException("cannot cut %d bytes to %d".formatted(size, length));
        }
        size = length;
    }

    public void u8(int value) {
        ensure(1);
        array[size++] = (byte) value;
    }

    public void i32(int value) {
        ensure(4);
        INT.set(array, size, value);
        size += 4;
    }

    /** Writes over four bytes that are there already. */
    public void i32At(int offset, int value) {
        if (offset + 4 > size) {
            throw new IllegalArgumentException("offset %d in %d bytes".formatted(offset, size));
        }
        INT.set(array, offset, value);
    }

    /** Sets bits of a byte that is there already. */
    void mark(int offset, int bits) {
        array[offset] |= (byte) bits;
    }

    /** Bytes of zero. */
    void zeros(int length) {
        ensure(length);
        Arrays.fill(array, size, size + length, (byte) 0);
        size += length;
    }

    public void i64(long value) {
        ensure(8);
        LONG.set(array, size, value);
        size += 8;
    }

    /** An unsigned integer. */
    public void varint(int value) {
        ensure(5);
        int rest = value;
        while ((rest & ~0x7f) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    /** An unsigned long. */
    public void varlong(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            array[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[size++] = (byte) rest;
    }

    public void zigzag(int value) {
        varint((value << 1) ^ (value >> 31));
    }

    public void zigzag(long value) {
        varlong((value << 1) ^ (value >> 63));
    }

    /** The text's length in UTF-8, then the text. A lone surrogate, which no database text holds, becomes a question mark. */
    public void text(String text) {
        if (text.length() > SHORT_TEXT || !ascii(text)) {
            byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
            varint(encoded.length);
            bytes(encoded, 0, encoded.length);
        }
    }

    private boolean ascii(String text) {
        int length = text.length();
        int start = size;
        ensure(length + 5);
        varint(length);
        int at = size;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c > 0x7f) {
                size = start;
                return false;
            }
            array[at + i] = (byte) c;
        }
        size = at + length;
        return true;
    }

    public void bytes(byte[] source, int offset, int length) {
        ensure(length);
        System.arraycopy(source, offset, array, size, length);
        size += length;
    }

    private void ensure(int more) {
        if (array.length - size < more) {
            long wanted = Math.max(2L * array.length, (long) size + more);
            if ((long) size + more > LARGEST) {
                throw new IllegalArgumentException("more than 2 GiB in one piece");
            }
            array = Arrays.copyOf(array, (int) Math.min(wanted, LARGEST));
        }
    }
}
