package io.deltastreams.sink;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Deltas of a small stream, each at the position after the last. Not thread-safe. */
public final class Orders {

    public static final Instant COMMITTED_AT = Instant.parse("2026-11-22T10:15:30.123456Z");

    private final Schema schema;
    private long commit;

    public Orders(StreamId stream, boolean keyed) {
        this.schema = new Schema(
                stream,
                3,
                List.of(new Column("id", Type.Simple.INT32, false), new Column("note", Type.Simple.TEXT, true)),
                keyed ? List.of(0) : List.of());
    }

    public Delta insert(int id, String note) {
        return delta(new Change.Insert(next(), schema, Row.of(id, note)));
    }

    public Delta update(int id, String note) {
        return delta(new Change.Update(next(), schema, null, Row.of(id, note)));
    }

    public Delta delete(int id) {
        return delta(new Change.Delete(next(), schema, Row.of(id, Row.ABSENT)));
    }

    public Delta truncate() {
        return delta(new Change.Truncate(next(), schema));
    }

    /** Updates of {@code keys} rows in turn. */
    public List<Delta> updates(int count, int keys) {
        List<Delta> deltas = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            deltas.add(update(i % keys, "n" + i));
        }
        return deltas;
    }

    public Position next() {
        return new Position(1, ++commit, 0);
    }

    /** Inserts of one transaction; its last is marked. */
    public List<Delta> transaction(String id, int count, int firstKey) {
        commit++;
        List<Delta> deltas = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            deltas.add(new Delta(
                    new Change.Insert(new Position(1, commit, i), schema, Row.of(firstKey + i, "n" + i)),
                    new TableId("public", "orders"),
                    id,
                    COMMITTED_AT,
                    false,
                    i == count - 1));
        }
        return deltas;
    }

    private static Delta delta(Change change) {
        return new Delta(change, new TableId("public", "orders"), "790", COMMITTED_AT, false, true);
    }

    public static Deltas batch(List<Delta> deltas) {
        return new Deltas(Position.START, deltas, deltas.getLast().position(), true, false);
    }

    public static Deltas batch(Delta... deltas) {
        return batch(List.of(deltas));
    }
}
