package io.deltastreams.state;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rows of some tables as of one position, table after table, each in the order of its keys. Whoever got them closes them: what the state overwrites
 * meanwhile stays on disk until then. By one thread at a time.
 */
public final class CurrentRows implements AutoCloseable {

    private final Store.Moment moment;
    private final List<Schema> schemas;
    private final Position position;
    private final Instant committedAt;
    private final Iterator<Part> parts;
    private final Runnable closed;
    private final Map<Integer, Evolution> evolutions = new HashMap<>();
    private byte[] from = {};
    private @Nullable Part part;

    /** A table's rows. */
    record Part(int table, Schema schema) {}

    /**
     * @param schemas those that rows were stored under
     * @param committedAt when the newest change before the position was committed
     */
    CurrentRows(
            Store.Moment moment,
            List<Schema> schemas,
            Position position,
            Instant committedAt,
            List<Part> parts,
            Runnable closed) {
        this.moment = moment;
        this.schemas = schemas;
        this.position = position;
        this.committedAt = committedAt;
        this.parts = parts.iterator();
        this.closed = closed;
    }

    public Position position() {
        return position;
    }

    public Instant committedAt() {
        return committedAt;
    }

    /**
     * The next rows of one table, as inserts at the position under the table's present schema. A value that was never sent is absent.
     *
     * @param maxBytes about how many bytes they take in the store; at least one row is read
     * @return empty behind the last one
     * @throws IOException if they cannot be read, or the state has been closed
     */
    public List<Change.Insert> next(long maxBytes) throws IOException {
        while (part != null || parts.hasNext()) {
            if (part == null) {
                part = parts.next();
                from = Keys.table(part.table());
                evolutions.clear();
            }
            List<Store.Entry> entries = moment.scan(from, Keys.table(part.table() + 1), maxBytes);
            if (!entries.isEmpty()) {
                byte[] last = entries.getLast().key().array();
                // The next key in order is this one and a byte 0.
                from = Arrays.copyOf(last, last.length + 1);
                return inserts(entries, part.schema());
            }
            part = null;
        }
        return List.of();
    }

    private List<Change.Insert> inserts(List<Store.Entry> entries, Schema schema) {
        List<Change.Insert> inserts = new ArrayList<>(entries.size());
        for (Store.Entry entry : entries) {
            inserts.add(new Change.Insert(position, schema, row(entry.value().array(), schema)));
        }
        return inserts;
    }

    private Row row(byte[] stored, Schema schema) {
        BinaryReader in = new BinaryReader(stored);
        int under = in.varint();
        Schema earlier = schemas.get(under);
        Row row = RowCodec.decode(in, earlier);
        return earlier.equals(schema)
                ? row
                : evolutions
                        .computeIfAbsent(under, _ -> new Evolution(earlier, schema))
                        .of(row);
    }

    @Override
    public void close() {
        moment.close();
        closed.run();
    }
}
