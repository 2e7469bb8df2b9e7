package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Decodes the binary format of {@code COPY … TO STDOUT} (PostgreSQL manual, "COPY", "Binary Format"): a header, rows, and a trailer. What the
 * server sends at once is mostly one row, but need not be. Each row's first column is its place in the table, by which they are ordered.
 */
final class CopyRows {

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final int HEADER = SIGNATURE.length + 8;
    private static final int NULL = -1;
    /** A row's place: its page, and its number there. */
    private static final int PLACE = 6;

    private final SnapshotTable table;
    private final int capacity;
    private final BinaryReader in = new BinaryReader(new byte[0]);
    private final int[] starts;
    private final int[] lengths;
    private List<Row> whole = new ArrayList<>();
    private List<Row> rows = new ArrayList<>();
    private int page;
    private RowWriter writer;
    private byte[] left = new byte[0];
    private long bytes;
    private boolean begun;
    private boolean ended;

    /** @param capacity about how many bytes of rows will be taken at once */
    CopyRows(SnapshotTable table, int capacity) {
        this.table = table;
        this.capacity = capacity;
        this.starts = new int[table.values().size() + 1];
        this.lengths = new int[starts.length];
        this.writer = new RowWriter(capacity, table.schema());
    }

    /** @throws IllegalArgumentException if it is no such format; quotes nothing (Invariant 9) */
    void add(byte[] data) {
        byte[] all = left.length == 0 ? data : concatenated(left, data);
        int at = begun ? 0 : header(all);
        if (at < 0) {
            left = all;
            return;
        }
        begun = true;
        in.reset(all, at, all.length - at);
        while (in.remaining() > 0) {
            int start = in.position();
            if (!scan()) {
                left = Arrays.copyOfRange(all, start, all.length);
                return;
            }
            if (!ended) {
                turnTo(page(all));
                rows.add(row(all));
                bytes += in.position() - start + 64;
            }
        }
        left = new byte[0];
    }

    private static byte[] concatenated(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** Where the rows begin, or -1 while that has not come. */
    private static int header(byte[] all) {
        if (all.length < HEADER) {
            return -1;
        }
        if (Arrays.mismatch(all, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length) >= 0) {
            throw new IllegalArgumentException("a copy without the binary format's signature");
        }
        BinaryReader header = new BinaryReader(all, SIGNATURE.length, 8);
        int flags = header.i32();
        int extension = header.i32();
        if (flags != 0 || extension != 0) {
            throw new IllegalArgumentException(
                    "a copy with flags %x and an extension of %d bytes".formatted(flags, extension));
        }
        return HEADER;
    }

    /** Finds the next row's values; false while it has not come whole. */
    private boolean scan() {
        if (in.remaining() < 2) {
            return false;
        }
        int count = (short) (in.u8() << 8 | in.u8());
        if (count == -1) {
            ended = true;
            return true;
        }
        if (ended || count != starts.length) {
            throw new IllegalArgumentException("a row of %d columns in a copy of %d".formatted(count, starts.length));
        }
        for (int i = 0; i < count; i++) {
            if (in.remaining() < 4) {
                return false;
            }
            lengths[i] = in.i32();
            starts[i] = in.position();
            if (lengths[i] < NULL) {
                throw new IllegalArgumentException("a value of %d bytes".formatted(lengths[i]));
            }
            if (in.remaining() < lengths[i]) {
                return false;
            }
            in.skip(Math.max(0, lengths[i]));
        }
        return true;
    }

    private int page(byte[] all) {
        if (lengths[0] != PLACE) {
            throw new IllegalArgumentException("a row's place of %d bytes".formatted(lengths[0]));
        }
        return new BinaryReader(all, starts[0], PLACE).i32();
    }

    /** With the first row of another page, those before are whole; when they are enough, they go. */
    private void turnTo(int next) {
        if (next == page) {
            return;
        }
        if (next < page) {
            throw new IllegalArgumentException("a row of page %d behind page %d".formatted(next, page));
        }
        if (whole.isEmpty() && bytes >= capacity) {
            whole = rows;
            rows = new ArrayList<>();
            // As large as these rows became, and a little: an unused half would be zeroed and collected for nothing.
            writer = new RowWriter(writer.size() + writer.size() / 8, table.schema());
            bytes = 0;
        }
        page = next;
    }

    private Row row(byte[] all) {
        boolean anyNull = false;
        for (int length : lengths) {
            anyNull |= length == NULL;
        }
        writer.begin(table.schema(), anyNull, false);
        for (int i = 1; i < lengths.length; i++) {
            if (lengths[i] == NULL) {
                writer.nothing();
            } else {
                table.values().get(i - 1).write(table.schema(), i - 1, all, starts[i], lengths[i], writer.value());
            }
        }
        return writer.end();
    }

    /** Whether enough rows are there, and all of the pages that they are of. */
    boolean hasPages() {
        return !whole.isEmpty();
    }

    /** Those rows. */
    List<Row> take() {
        List<Row> taken = whole;
        whole = new ArrayList<>();
        return taken;
    }

    /** The page that is being read: of those before, every row has come. */
    int page() {
        return page;
    }

    /** The rows since, when the end has come. */
    List<Row> rest() {
        return rows;
    }

    /** @throws IllegalArgumentException if the trailer has not come */
    void end() {
        if (!ended || left.length > 0) {
            throw new IllegalArgumentException("a copy that ends early");
        }
    }
}
