package io.deltastreams.codec.avro;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Keys;
import io.deltastreams.codec.WireFormat;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes deltas one after the other, with room that is used again. Not thread-safe. */
final class DeltaWriter {

    private static final byte[] ROOM_FOR_ID = new byte[WireFormat.LENGTH];
    private static final int FIRST = 1 << 10;
    private static final int LONGEST_KEPT = 64 << 10;

    private final BinaryReader in = new BinaryReader(new byte[0]);
    private BinaryWriter out = new BinaryWriter(FIRST);
    private BinaryWriter loose = new BinaryWriter(0);
    private @Nullable TableId table;
    private byte[] tableText = new byte[0];

    byte[] key(Shape shape, Change change) {
        begin();
        for (RecordForm.Field field : shape.key()) {
            writeField(shape, field, Keys.image(change, field.column()));
        }
        return record(shape.keyId());
    }

    byte[] value(Shape shape, Delta delta) {
        begin();
        Change change = delta.change();
        Values.string(out, change.position().toAscii());
        out.zigzag(operation(change));
        Values.string(out, shape.stream().array());
        Values.string(out, tableText(delta.source()));
        switch (change) {
            case Change.Insert insert -> writeImages(shape, null, insert.after());
            case Change.Update update -> writeImages(shape, update.before(), update.after());
            case Change.Delete delete -> writeImages(shape, delete.before(), null);
            case Change.Truncate _ -> writeImages(shape, null, null);
        }
        Values.string(out, delta.transaction());
        out.u8(delta.last() ? 1 : 0);
        Instant committedAt = delta.committedAt();
        out.zigzag(Times.micros(committedAt.getEpochSecond(), committedAt.getNano(), "committed_at"));
        out.zigzag(delta.schema().version());
        out.u8(delta.snapshot() ? 1 : 0);
        return record(shape.valueId());
    }

    private void begin() {
        if (out.array().length > LONGEST_KEPT) {
            out = new BinaryWriter(FIRST);
        }
        out.truncate(0);
        out.bytes(ROOM_FOR_ID, 0, ROOM_FOR_ID.length);
    }

    private byte[] record(int id) {
        byte[] record = out.toByteArray();
        WireFormat.write(record, id);
        return record;
    }

    private static int operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> Envelope.INSERT;
            case Change.Update _ -> Envelope.UPDATE;
            case Change.Delete _ -> Envelope.DELETE;
            case Change.Truncate _ -> Envelope.TRUNCATE;
        };
    }

    /** One table's deltas mostly follow each other. */
    private byte[] tableText(TableId source) {
        if (!source.equals(table)) {
            table = source;
            tableText = source.text().getBytes(UTF_8);
        }
        return tableText;
    }

    private void writeImages(Shape shape, @Nullable Row before, @Nullable Row after) {
        writeRow(shape, before == null || isEmpty(before) ? null : before);
        writeRow(shape, after);
        writeUnchanged(shape, after);
    }

    private static boolean isEmpty(Row row) {
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                return false;
            }
        }
        return true;
    }

    private void writeRow(Shape shape, @Nullable Row row) {
        if (row == null) {
            Values.nothing(out);
            return;
        }
        Values.present(out);
        for (RecordForm.Field field : shape.row()) {
            writeField(shape, field, row);
        }
    }

    private void writeUnchanged(Shape shape, @Nullable Row after) {
        int count = 0;
        for (int i = 0; after != null && i < after.size(); i++) {
            count += after.has(i) ? 0 : 1;
        }
        Values.beginBlock(out, count);
        if (after != null && count > 0) {
            List<RecordForm.Field> fields = shape.row();
            for (int i = 0; i < after.size(); i++) {
                if (!after.has(i)) {
                    Values.string(out, fields.get(i).name().array());
                }
            }
        }
        Values.endBlocks(out, count);
    }

    private void writeField(Shape shape, RecordForm.Field field, Row row) {
        int column = field.column();
        if (row.isNull(column) || !row.has(column)) {
            if (!field.optional()) {
                throw new IllegalArgumentException("column '%s' of %s is declared NOT NULL, and its value is null"
                        .formatted(
                                shape.schema().columns().get(column).name(),
                                shape.schema().relation().text()));
            }
            Values.nothing(out);
            return;
        }
        if (field.optional()) {
            Values.present(out);
        }
        locate(field, row);
        field.writer().write(out, in);
    }

    /** Moves {@code in} to the binary form of a value that is there and not null. */
    private void locate(RecordForm.Field field, Row row) {
        if (row.isEncoded()) {
            row.encoded(field.column(), in);
            return;
        }
        if (loose.array().length > LONGEST_KEPT) {
            loose = new BinaryWriter(0);
        }
        loose.truncate(0);
        RowCodec.write(Objects.requireNonNull(row.get(field.column())), field.type(), loose);
        in.reset(loose.array(), 0, loose.size());
    }
}
