package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowWriter;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The chunk that is on its way, and which of its table's rows were handed over as changes meanwhile, so that it does not bring them back as they were.
 * It is opened before the chunk's snapshot is taken and closed where the chunk is handed over. Thread-safe.
 */
final class Window {

    /** Of what may change while a chunk is read; when it is more, that chunk is read again. */
    private static final long MOST_BYTES = 16L << 20;

    private static final int PER_KEY = 96;

    private volatile @Nullable TableId table;
    /** By key; the row where its changes did not tell it whole (an untouched TOASTed value), as far as they did. */
    private final Map<ByteBuffer, Optional<Partial>> changed = new HashMap<>();

    private Set<ByteBuffer> only = Set.of();
    private boolean bounded;
    private boolean emptied;
    private long bytes;
    private Optional<Chunk> expected = Optional.empty();
    private boolean taken;

    /** A row, not necessarily whole. */
    private record Partial(Schema schema, Row row) {

        boolean hasShapeOf(Partial other) {
            return schema.columns().equals(other.schema.columns());
        }
    }

    synchronized void open(TableId of) {
        close();
        table = of;
    }

    /** From now on the chunk's mark may come. */
    synchronized void expect(Chunk chunk) {
        expected = Optional.of(chunk);
    }

    /**
     * Takes the chunk, to be handed over.
     *
     * @return empty if that is no mark of a chunk that is expected
     */
    synchronized Optional<Chunk> take(String mark) {
        Optional<Chunk> chunk = expected.filter(awaited -> awaited.mark().equals(mark));
        if (chunk.isPresent()) {
            expected = Optional.empty();
            taken = true;
        }
        return chunk;
    }

    /** Waits until the chunk has been handed over. */
    synchronized void awaitHandedOver() throws InterruptedException {
        while (table != null) {
            wait();
        }
    }

    /** Closes it without a chunk, unless that has been taken, and then waits for it. */
    synchronized void end() throws InterruptedException {
        if (taken) {
            awaitHandedOver();
        } else {
            close();
        }
    }

    private void close() {
        table = null;
        expected = Optional.empty();
        taken = false;
        changed.clear();
        only = Set.of();
        bounded = false;
        emptied = false;
        bytes = 0;
        notifyAll();
    }

    /** Tells changes that are handed over now. */
    void note(List<Draft> drafts) {
        if (table != null) {
            noteAll(drafts);
        }
    }

    private synchronized void noteAll(List<Draft> drafts) {
        for (Draft draft : drafts) {
            if (draft.schema().relation().equals(table)) {
                note(draft);
            }
        }
    }

    private void note(Draft draft) {
        switch (draft) {
            case Draft.Insert(Schema schema, Row after) -> put(key(schema, after), Optional.empty());
            case Draft.Delete(Schema schema, Row before) -> put(key(schema, before), Optional.empty());
            case Draft.Update update -> update(update.schema(), update.after());
            case Draft.Lacking lacking -> note(lacking.with(lacking.after()));
            case Draft.Truncate _ -> emptied = true;
        }
    }

    private void update(Schema schema, Row after) {
        ByteBuffer key = key(schema, after);
        Optional<Partial> before = changed.get(key);
        boolean isKnown = before != null && before.isEmpty();
        if (isKnown || after.isComplete()) {
            put(key, Optional.empty());
            return;
        }
        Partial now = new Partial(schema, after);
        put(key, Optional.of(new Partial(schema, completed(schema, now, before == null ? now : before.orElse(now)))));
    }

    private void put(ByteBuffer key, Optional<Partial> row) {
        if (bounded && !only.contains(key)) {
            return;
        }
        if (bytes <= MOST_BYTES || bounded) {
            changed.put(key, row);
            bytes += PER_KEY
                    + key.remaining()
                    + row.map(partial -> partial.row().weight()).orElse(0L);
        }
    }

    /**
     * Tells the chunk's rows: from now on no others matter.
     *
     * @return false if too much has changed meanwhile to tell
     */
    synchronized boolean narrow(Schema schema, List<Row> rows) {
        if (bytes > MOST_BYTES) {
            return false;
        }
        Set<ByteBuffer> keys = HashSet.newHashSet(rows.size());
        for (Row row : rows) {
            keys.add(key(schema, row));
        }
        changed.keySet().retainAll(keys);
        only = keys;
        bounded = true;
        return true;
    }

    /**
     * Closes it: what of the chunk is still to be handed over, all of it as inserts.
     *
     * @param schema the chunk's, with its version
     */
    synchronized List<Draft> close(Schema schema, List<Row> rows) {
        List<Draft> left = new ArrayList<>(rows.size());
        if (!emptied) {
            for (Row row : rows) {
                Optional<Partial> change = changed.isEmpty() ? null : changed.get(key(schema, row));
                if (change == null) {
                    left.add(new Draft.Insert(schema, row));
                } else if (change.isPresent()) {
                    Partial read = new Partial(schema, row);
                    // Of another shape it was changed before the table was, and what was read shows both.
                    Partial latest = change.get().hasShapeOf(read) ? change.get() : read;
                    left.add(new Draft.Insert(schema, completed(schema, latest, read)));
                }
            }
        }
        close();
        return left;
    }

    /** The row, copied, with values from another one where it has none and that has its shape. */
    private static Row completed(Schema schema, Partial partial, Partial other) {
        Row row = partial.row();
        Row from = partial.hasShapeOf(other) ? other.row() : row;
        boolean anyNull = false;
        boolean anyAbsent = false;
        for (int i = 0; i < row.size(); i++) {
            Row source = row.has(i) ? row : from;
            anyNull |= source.isNull(i);
            anyAbsent |= !source.has(i);
        }
        RowWriter writer = new RowWriter((int) Math.min(row.weight() + from.weight(), Integer.MAX_VALUE), schema);
        writer.begin(schema, anyNull, anyAbsent);
        for (int i = 0; i < row.size(); i++) {
            Row source = row.has(i) ? row : from;
            if (!source.has(i)) {
                writer.absent();
            } else if (source.isNull(i)) {
                writer.nothing();
            } else {
                source.copyTo(i, writer.value());
            }
        }
        return writer.end();
    }

    private static ByteBuffer key(Schema schema, Row row) {
        BinaryWriter out = new BinaryWriter(32);
        for (int column : schema.key()) {
            int start = out.size();
            if (row.has(column) && !row.isNull(column)) {
                row.copyTo(column, out);
            }
            // So that no two keys of several columns run together to the same bytes.
            out.i32(out.size() - start);
        }
        return ByteBuffer.wrap(out.array(), 0, out.size());
    }
}
