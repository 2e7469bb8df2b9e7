package io.deltastreams.codec.json;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Keys;
import java.time.Instant;
import java.util.Objects;

/** Writes deltas one after the other, with room that is used again. Not thread-safe. */
final class DeltaWriter {

    private static final byte[] POSITION = ascii("{\"position\":\"");
    private static final byte[] INSERT = ascii("\",\"op\":\"insert\",\"stream\":");
    private static final byte[] UPDATE = ascii("\",\"op\":\"update\",\"stream\":");
    private static final byte[] DELETE = ascii("\",\"op\":\"delete\",\"stream\":");
    private static final byte[] TRUNCATE = ascii("\",\"op\":\"truncate\",\"stream\":");
    private static final byte[] KEY = ascii(",\"key\":");
    private static final byte[] TABLE = ascii(",\"table\":");
    private static final byte[] BEFORE = ascii(",\"before\":");
    private static final byte[] AFTER = ascii(",\"after\":");
    private static final byte[] UNCHANGED = ascii(",\"unchanged\":[");
    private static final byte[] TX = ascii(",\"tx\":{\"id\":");
    private static final byte[] LAST = ascii(",\"last\":true");
    private static final byte[] COMMITTED_AT = ascii("},\"committed_at\":\"");
    private static final byte[] SCHEMA = ascii("Z\",\"schema\":");
    private static final byte[] SNAPSHOT = ascii(",\"snapshot\":true");

    private static final int LONGEST_KEPT = 64 << 10;

    private final ValueWriter values;
    private final ValueWriter keys;
    private final JsonWriter out = new JsonWriter();
    private final BinaryReader in = new BinaryReader(new byte[0]);
    private BinaryWriter loose = new BinaryWriter(0);

    DeltaWriter(boolean bigintAsString) {
        this.values = new ValueWriter(bigintAsString, false);
        this.keys = new ValueWriter(bigintAsString, true);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    byte[] key(Shape shape, Change change) {
        out.begin();
        writeKey(shape, change);
        return out.toByteArray();
    }

    byte[] value(Shape shape, Delta delta) {
        out.begin();
        Change change = delta.change();
        out.raw(POSITION);
        out.raw(change.position().toAscii());
        out.raw(operation(change));
        out.raw(shape.stream());
        if (Keys.isKeyed(change)) {
            out.raw(KEY);
            writeKey(shape, change);
        }
        writeImages(shape, delta);
        writeOrigin(shape, delta);
        out.ascii('}');
        return out.toByteArray();
    }

    private static byte[] operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> INSERT;
            case Change.Update _ -> UPDATE;
            case Change.Delete _ -> DELETE;
            case Change.Truncate _ -> TRUNCATE;
        };
    }

    private void writeImages(Shape shape, Delta delta) {
        switch (delta.change()) {
            case Change.Insert insert -> writeAfter(shape, insert.after());
            case Change.Update update -> {
                Row before = update.before();
                if (before != null) {
                    writeBefore(shape, before);
                }
                writeAfter(shape, update.after());
            }
            case Change.Delete delete -> writeBefore(shape, delete.before());
            case Change.Truncate _ -> {
                // Of a stream over several tables only this one's rows are gone.
                out.raw(TABLE);
                out.string(delta.source().text());
            }
        }
    }

    private void writeBefore(Shape shape, Row before) {
        for (int i = 0; i < before.size(); i++) {
            if (before.has(i)) {
                out.raw(BEFORE);
                writeRow(shape, before);
                return;
            }
        }
    }

    private void writeAfter(Shape shape, Row after) {
        out.raw(AFTER);
        if (writeRow(shape, after) == after.size()) {
            return;
        }
        out.raw(UNCHANGED);
        boolean first = true;
        for (int i = 0; i < after.size(); i++) {
            if (!after.has(i)) {
                separate(first);
                out.raw(shape.name(i));
                first = false;
            }
        }
        out.ascii(']');
    }

    /** Gives how many columns were there. */
    private int writeRow(Shape shape, Row row) {
        int written = 0;
        out.ascii('{');
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                separate(written == 0);
                writeField(shape, values, row, i);
                written++;
            }
        }
        out.ascii('}');
        return written;
    }

    private void separate(boolean first) {
        if (!first) {
            out.ascii(',');
        }
    }

    private void writeField(Shape shape, ValueWriter writer, Row row, int column) {
        out.raw(shape.name(column));
        out.ascii(':');
        if (row.isNull(column)) {
            out.nothing();
            return;
        }
        Type type = shape.type(column);
        locate(row, column, type);
        writer.write(out, type, in);
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

    private void writeOrigin(Shape shape, Delta delta) {
        out.raw(TX);
        out.string(delta.transaction());
        if (delta.last()) {
            out.raw(LAST);
        }
        out.raw(COMMITTED_AT);
        Instant committedAt = delta.committedAt();
        IsoText.moment(out, committedAt.getEpochSecond(), committedAt.getNano());
        out.raw(SCHEMA);
        out.raw(shape.version());
        if (delta.snapshot()) {
            out.raw(SNAPSHOT);
        }
    }

    private void writeKey(Shape shape, Change change) {
        out.ascii('{');
        boolean first = true;
        for (int column : shape.key()) {
            separate(first);
            writeField(shape, keys, Keys.image(change, column), column);
            first = false;
        }
        out.ascii('}');
    }
}
