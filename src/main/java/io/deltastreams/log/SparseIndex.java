package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Fields;
import io.deltastreams.change.Position;
import java.util.Arrays;
import java.util.Optional;

/** From a position to the offset of a batch that begins at or before it: one entry per 64 KiB, 20 bytes each. Thread-safe. */
final class SparseIndex {

    private static final int SPACING = 1 << 16;

    private int[] epochs = new int[16];
    private long[] commits = new long[16];
    private int[] indexes = new int[16];
    private int[] offsets = new int[16];
    private int size;

    /** Takes note of a batch, unless the last one noted is near. */
    synchronized void add(Position first, int offset) {
        if (size == 0 || offset - offsets[size - 1] >= SPACING) {
            put(first, offset);
        }
    }

    private void put(Position first, int offset) {
        if (size == offsets.length) {
            epochs = Arrays.copyOf(epochs, 2 * size);
            commits = Arrays.copyOf(commits, 2 * size);
            indexes = Arrays.copyOf(indexes, 2 * size);
            offsets = Arrays.copyOf(offsets, 2 * size);
        }
        epochs[size] = first.epoch();
        commits[size] = first.commit();
        indexes[size] = first.index();
        offsets[size] = offset;
        size++;
    }

    /** Where the first batch begins. */
    synchronized Optional<Position> first() {
        return size == 0 ? Optional.empty() : Optional.of(new Position(epochs[0], commits[0], indexes[0]));
    }

    /** The offset to start at in order to see everything behind {@code after}. */
    synchronized int floor(Position after, int otherwise) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (new Position(epochs[middle], commits[middle], indexes[middle]).isAfter(after)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low == 0 ? otherwise : offsets[low - 1];
    }

    synchronized void encode(BinaryWriter out) {
        out.varint(size);
        for (int i = 0; i < size; i++) {
            Fields.position(new Position(epochs[i], commits[i], indexes[i]), out);
            out.varint(offsets[i]);
        }
    }

    static SparseIndex decode(BinaryReader in) {
        SparseIndex index = new SparseIndex();
        int count = in.count();
        synchronized (index) {
            for (int i = 0; i < count; i++) {
                index.put(Fields.position(in), in.varint());
            }
        }
        return index;
    }
}
