package io.deltastreams.source.debezium;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A change of a transaction whose commit, and with it whose position, is not known yet. */
record Draft(
        Kind kind,
        Schema schema,
        @Nullable Row before,
        @Nullable Row after) {

    enum Kind {
        INSERT,
        UPDATE,
        DELETE,
        TRUNCATE
    }

    private static final Row NONE = Row.of();

    Change at(Position position) {
        return switch (kind) {
            case INSERT -> new Change.Insert(position, schema, after == null ? NONE : after);
            case UPDATE -> new Change.Update(position, schema, before, after == null ? NONE : after);
            case DELETE -> new Change.Delete(position, schema, before == null ? NONE : before);
            case TRUNCATE -> new Change.Truncate(position, schema);
        };
    }

    /** Whether it is an update that changes the row's key, which is a delete and an insert to everybody behind. */
    boolean changesKey() {
        if (kind != Kind.UPDATE || before == null || after == null) {
            return false;
        }
        for (int column : schema.key()) {
            if (before.has(column) && after.has(column) && !Objects.equals(before.get(column), after.get(column))) {
                return true;
            }
        }
        return false;
    }

    long weight() {
        return 96 + (before == null ? 0 : before.weight()) + (after == null ? 0 : after.weight());
    }

    /** Kind, then a byte that says which rows follow, then these; the schema is known by whoever reads. */
    void write(BinaryWriter out) {
        out.text(kind.name());
        out.u8((before == null ? 0 : 1) | (after == null ? 0 : 2));
        if (before != null) {
            RowCodec.encode(before, schema, out);
        }
        if (after != null) {
            RowCodec.encode(after, schema, out);
        }
    }

    static Draft read(BinaryReader in, Schema schema) {
        Kind kind = Kind.valueOf(in.text());
        int rows = in.u8();
        Row before = (rows & 1) != 0 ? RowCodec.decode(in, schema) : null;
        Row after = (rows & 2) != 0 ? RowCodec.decode(in, schema) : null;
        return new Draft(kind, schema, before, after);
    }
}
