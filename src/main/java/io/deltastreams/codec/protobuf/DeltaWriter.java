package io.deltastreams.codec.protobuf;

import com.google.protobuf.CodedOutputStream;
import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.protobuf.Plan.Cell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes deltas one after the other, with room that is used again. Not thread-safe. */
final class DeltaWriter {

    private static final int BEFORE = Writers.message(Envelope.BEFORE);
    private static final int AFTER = Writers.message(Envelope.AFTER);
    private static final int TABLE = Writers.message(Envelope.TABLE);
    private static final int TX = Writers.message(Envelope.TX);
    private static final int TX_ID = Writers.message(Envelope.TX_ID);
    private static final int COMMITTED_AT = Writers.message(Envelope.COMMITTED_AT);

    private static final int LONGEST_KEPT = 64 << 10;

    private final Output out = new Output();
    private final BinaryReader in = new BinaryReader(new byte[0]);
    private BinaryWriter loose = new BinaryWriter(0);

    private interface Content {
        void write() throws IOException;
    }

    byte[] key(Plan plan, Change change) {
        return record(plan, () -> {
            for (Cell cell : plan.cells()) {
                Row image = Keys.image(change, cell.index());
                if (!image.isNull(cell.index())) {
                    write(cell, image);
                }
            }
        });
    }

    byte[] value(Plan plan, Delta delta) {
        return record(plan, () -> {
            out.out().writeByteArray(Envelope.POSITION, delta.position().toAscii());
            out.out().writeEnum(Envelope.OP, operation(delta.change()));
            out.raw(plan.stream());
            out.tag(TABLE);
            out.text(delta.source().text());
            images(plan, delta.change());
            origin(delta);
        });
    }

    private byte[] record(Plan plan, Content content) {
        while (true) {
            try {
                out.begin();
                content.write();
                return out.end(plan.id());
            } catch (CodedOutputStream.OutOfSpaceException e) {
                out.grow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static int operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> Envelope.INSERT;
            case Change.Update _ -> Envelope.UPDATE;
            case Change.Delete _ -> Envelope.DELETE;
            case Change.Truncate _ -> Envelope.TRUNCATE;
        };
    }

    private void images(Plan plan, Change change) throws IOException {
        switch (change) {
            case Change.Insert insert -> images(plan, null, insert.after());
            case Change.Update update -> images(plan, update.before(), update.after());
            case Change.Delete delete -> images(plan, delete.before(), null);
            case Change.Truncate _ -> {}
        }
    }

    private void images(Plan plan, @Nullable Row before, @Nullable Row after) throws IOException {
        boolean told = before != null && isAnyThere(before);
        if (before != null && told) {
            out.tag(BEFORE);
            row(plan, before);
        }
        if (after != null) {
            out.tag(AFTER);
            row(plan, after);
            missing(plan, after, Cell::unchanged);
        }
        if (before != null && told) {
            missing(plan, before, Cell::unknown);
        }
    }

    private static boolean isAnyThere(Row row) {
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                return true;
            }
        }
        return false;
    }

    private void row(Plan plan, Row row) throws IOException {
        int start = out.open();
        for (Cell cell : plan.cells()) {
            if (row.has(cell.index()) && !row.isNull(cell.index())) {
                write(cell, row);
            }
        }
        out.close(start);
    }

    /** Tells the columns that are not there. */
    private void missing(Plan plan, Row row, Function<Cell, Bytes> listed) throws IOException {
        for (Cell cell : plan.cells()) {
            if (!row.has(cell.index())) {
                out.raw(listed.apply(cell));
            }
        }
    }

    private void write(Cell cell, Row row) throws IOException {
        locate(row, cell.index(), cell.type());
        out.tag(cell.tag());
        try {
            cell.writer().write(out, in);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("column '%s' has %s".formatted(cell.column(), e.getMessage()), e);
        }
    }

    /** Moves {@code in} to the binary form of a value that is there and not null. */
    private void locate(Row row, int column, Type type) {
        if (row.isEncoded()) {
            row.encoded(column, in);
            return;
        }
        if (loose.array().length > LONGEST_KEPT) {
            loose = new BinaryWriter(0);
        }
        loose.truncate(0);
        RowCodec.write(Objects.requireNonNull(row.get(column)), type, loose);
        in.reset(loose.array(), 0, loose.size());
    }

    private void origin(Delta delta) throws IOException {
        out.tag(TX);
        int tx = out.open();
        out.tag(TX_ID);
        out.text(delta.transaction());
        if (delta.last()) {
            out.out().writeBool(Envelope.TX_LAST, true);
        }
        out.close(tx);
        out.tag(COMMITTED_AT);
        Instant committedAt = delta.committedAt();
        Values.instant(out, committedAt.getEpochSecond(), committedAt.getNano());
        out.out().writeInt32(Envelope.SCHEMA, delta.schema().version());
        if (delta.snapshot()) {
            out.out().writeBool(Envelope.SNAPSHOT, true);
        }
    }
}
