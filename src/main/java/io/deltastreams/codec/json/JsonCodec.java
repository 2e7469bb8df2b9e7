package io.deltastreams.codec.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Writes deltas with Jackson's generator; what repeats for every delta of a schema is quoted and encoded once. */
final class JsonCodec implements Codec {

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();
    private static final SerializedString POSITION = new SerializedString("position");
    private static final SerializedString OP = new SerializedString("op");
    private static final SerializedString INSERT = new SerializedString("insert");
    private static final SerializedString UPDATE = new SerializedString("update");
    private static final SerializedString DELETE = new SerializedString("delete");
    private static final SerializedString TRUNCATE = new SerializedString("truncate");
    private static final SerializedString TABLE = new SerializedString("table");
    private static final SerializedString STREAM = new SerializedString("stream");
    private static final SerializedString KEY = new SerializedString("key");
    private static final SerializedString BEFORE = new SerializedString("before");
    private static final SerializedString AFTER = new SerializedString("after");
    private static final SerializedString UNCHANGED = new SerializedString("unchanged");
    private static final SerializedString TX = new SerializedString("tx");
    private static final SerializedString ID = new SerializedString("id");
    private static final SerializedString LAST = new SerializedString("last");
    private static final SerializedString COMMITTED_AT = new SerializedString("committed_at");
    private static final SerializedString SCHEMA = new SerializedString("schema");
    private static final SerializedString SNAPSHOT = new SerializedString("snapshot");

    /** A power of two. Schemas that share a slot push each other out and are quoted again: slower, never wrong. */
    private static final int SLOTS = 256;

    private final ValueWriter rows;
    private final ValueWriter keys;
    private final AtomicReferenceArray<@Nullable Shape> shapes = new AtomicReferenceArray<>(SLOTS);

    JsonCodec(boolean bigintAsString) {
        this.rows = new ValueWriter(bigintAsString, false);
        this.keys = new ValueWriter(bigintAsString, true);
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        if (!isKeyed(delta.change())) {
            return null;
        }
        return bytes(json -> writeKey(json, shape(delta.schema()), delta.change()));
    }

    @Override
    public byte[] value(Delta delta) {
        return bytes(json -> write(json, delta));
    }

    private interface Writing {
        void to(JsonGenerator json) throws IOException;
    }

    private static byte[] bytes(Writing writing) {
        // The generator collects up to 8000 bytes before it writes, so that nearly every delta makes one array of its
        // very size.
        ByteArrayOutputStream out = new ByteArrayOutputStream(0);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            writing.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** By identity: comparing two schemas column by column for every delta would cost more than quoting one again. */
    @SuppressWarnings("ReferenceEquality")
    private Shape shape(Schema schema) {
        int slot = System.identityHashCode(schema) & (SLOTS - 1);
        Shape shape = shapes.get(slot);
        if (shape == null || shape.schema() != schema) {
            shape = Shape.of(schema);
            shapes.set(slot, shape);
        }
        return shape;
    }

    private static boolean isKeyed(Change change) {
        return change.schema().hasKey() && !(change instanceof Change.Truncate);
    }

    private void write(JsonGenerator json, Delta delta) throws IOException {
        Change change = delta.change();
        Shape shape = shape(change.schema());
        json.writeStartObject();
        json.writeFieldName(POSITION);
        json.writeString(change.position().toString());
        json.writeFieldName(OP);
        json.writeString(operation(change));
        json.writeFieldName(STREAM);
        json.writeString(shape.stream());
        if (isKeyed(change)) {
            json.writeFieldName(KEY);
            writeKey(json, shape, change);
        }
        if (change instanceof Change.Truncate) {
            // Of a stream over several tables only this one's rows are gone.
            json.writeFieldName(TABLE);
            json.writeString(delta.source().text());
        }
        writeImages(json, shape, change);
        writeOrigin(json, delta);
        json.writeEndObject();
    }

    private static SerializedString operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> INSERT;
            case Change.Update _ -> UPDATE;
            case Change.Delete _ -> DELETE;
            case Change.Truncate _ -> TRUNCATE;
        };
    }

    private void writeImages(JsonGenerator json, Shape shape, Change change) throws IOException {
        switch (change) {
            case Change.Insert insert -> writeAfter(json, shape, insert.after());
            case Change.Update update -> {
                Row before = update.before();
                if (before != null) {
                    writeBefore(json, shape, before);
                }
                writeAfter(json, shape, update.after());
            }
            case Change.Delete delete -> writeBefore(json, shape, delete.before());
            case Change.Truncate _ -> {}
        }
    }

    private void writeBefore(JsonGenerator json, Shape shape, Row before) throws IOException {
        for (int i = 0; i < before.size(); i++) {
            if (before.has(i)) {
                json.writeFieldName(BEFORE);
                writeRow(json, shape, before);
                return;
            }
        }
    }

    private void writeAfter(JsonGenerator json, Shape shape, Row after) throws IOException {
        json.writeFieldName(AFTER);
        if (writeRow(json, shape, after)) {
            return;
        }
        json.writeFieldName(UNCHANGED);
        json.writeStartArray();
        for (int i = 0; i < after.size(); i++) {
            if (!after.has(i)) {
                json.writeString(shape.name(i));
            }
        }
        json.writeEndArray();
    }

    /** Whether every column was there. */
    private boolean writeRow(JsonGenerator json, Shape shape, Row row) throws IOException {
        boolean complete = true;
        json.writeStartObject();
        for (int i = 0; i < row.size(); i++) {
            if (row.has(i)) {
                json.writeFieldName(shape.name(i));
                rows.write(json, shape.type(i), row.get(i));
            } else {
                complete = false;
            }
        }
        json.writeEndObject();
        return complete;
    }

    private static void writeOrigin(JsonGenerator json, Delta delta) throws IOException {
        json.writeFieldName(TX);
        json.writeStartObject();
        json.writeFieldName(ID);
        json.writeString(delta.transaction());
        if (delta.last()) {
            json.writeFieldName(LAST);
            json.writeBoolean(true);
        }
        json.writeEndObject();
        json.writeFieldName(COMMITTED_AT);
        json.writeString(IsoText.of(delta.committedAt()));
        json.writeFieldName(SCHEMA);
        json.writeNumber(delta.schema().version());
        if (delta.snapshot()) {
            json.writeFieldName(SNAPSHOT);
            json.writeBoolean(true);
        }
    }

    private void writeKey(JsonGenerator json, Shape shape, Change change) throws IOException {
        json.writeStartObject();
        for (int column : shape.schema().key()) {
            json.writeFieldName(shape.name(column));
            keys.write(json, shape.type(column), keyValue(change, column));
        }
        json.writeEndObject();
    }

    private static @Nullable Object keyValue(Change change, int column) {
        Row row = switch (change) {
            case Change.Insert insert -> insert.after();
            // A key's column that is TOASTed and untouched stands in the before image alone.
            case Change.Update update ->
                update.before() != null && !update.after().has(column) ? update.before() : update.after();
            case Change.Delete delete -> delete.before();
            case Change.Truncate _ -> throw new IllegalArgumentException("a truncate has no key");
        };
        if (!row.has(column)) {
            throw new IllegalArgumentException("the source sent no value for the key's column '%s' of %s"
                    .formatted(
                            change.schema().columns().get(column).name(),
                            change.schema().relation().text()));
        }
        return row.get(column);
    }
}
