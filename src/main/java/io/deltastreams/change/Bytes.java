package io.deltastreams.change;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Immutable bytes with value equality. The array is taken over, not copied: whoever makes one does not write to it again. */
public final class Bytes {

    private final byte[] array;

    public Bytes(byte[] array) {
        this.array = array;
    }

    /** The bytes themselves, to be read only. */
    public byte[] array() {
        return array;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return "Bytes[" + array.length + "]";
    }
}
