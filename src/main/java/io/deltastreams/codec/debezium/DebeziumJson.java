package io.deltastreams.codec.debezium;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.Keys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The envelope of <a href="https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events">Debezium's events</a>. */
final class DebeziumJson implements Codec {

    private static final JsonFactory JSON = new JsonFactory();

    private final String database;

    /** @param database what {@code source.db} says */
    DebeziumJson(String database) {
        this.database = database;
    }

    /** What is written; Jackson's own exceptions cannot come, as nothing is written to but memory. */
    private interface Content {
        void write(JsonGenerator out) throws IOException;
    }

    @Override
    public byte @Nullable [] key(Delta delta) {
        Schema schema = delta.schema();
        if (!Keys.isKeyed(delta.change())) {
            return null;
        }
        return bytes(out -> {
            out.writeStartObject();
            for (int index : schema.key()) {
                Column column = schema.columns().get(index);
                out.writeFieldName(column.name());
                DebeziumValues.writeKey(
                        out, column.type(), Keys.image(delta.change(), index).get(index));
            }
            out.writeEndObject();
        });
    }

    @Override
    public byte[] value(Delta delta) {
        return bytes(out -> {
            out.writeStartObject();
            switch (delta.change()) {
                case Change.Insert insert -> images(out, delta, null, insert.after());
                case Change.Update update -> images(out, delta, update.before(), update.after());
                case Change.Delete delete -> images(out, delta, delete.before(), null);
                case Change.Truncate _ -> images(out, delta, null, null);
            }
            source(out, delta);
            out.writeNullField("transaction");
            out.writeStringField("op", operation(delta));
            times(out, delta.committedAt());
            out.writeEndObject();
        });
    }

    static String operation(Delta delta) {
        return switch (delta.change()) {
            case Change.Insert _ -> delta.snapshot() ? "r" : "c";
            case Change.Update _ -> "u";
            case Change.Delete _ -> "d";
            case Change.Truncate _ -> "t";
        };
    }

    private static void images(JsonGenerator out, Delta delta, @Nullable Row before, @Nullable Row after)
            throws IOException {
        out.writeFieldName("before");
        row(out, delta.schema(), before, false);
        out.writeFieldName("after");
        row(out, delta.schema(), after, true);
    }

    /** @param absent whether a value that is not there was left untouched; otherwise nobody knows it */
    private static void row(JsonGenerator out, Schema schema, @Nullable Row row, boolean absent) throws IOException {
        if (row == null) {
            out.writeNull();
            return;
        }
        List<Column> columns = schema.columns();
        out.writeStartObject();
        for (int i = 0; i < row.size(); i++) {
            Column column = columns.get(i);
            out.writeFieldName(column.name());
            if (row.has(i)) {
                DebeziumValues.write(out, column.type(), row.get(i));
            } else if (absent) {
                DebeziumValues.writeUnavailable(out, column.type());
            } else {
                out.writeNull();
            }
        }
        out.writeEndObject();
    }

    private void source(JsonGenerator out, Delta delta) throws IOException {
        out.writeObjectFieldStart("source");
        out.writeStringField("version", "delta-streams");
        out.writeStringField("connector", "postgresql");
        out.writeStringField("name", delta.schema().relation().text());
        out.writeNumberField("ts_ms", delta.committedAt().toEpochMilli());
        out.writeStringField("snapshot", Boolean.toString(delta.snapshot()));
        out.writeStringField("db", database);
        out.writeStringField("sequence", "[null,\"" + delta.position().commit() + "\"]");
        small(out, delta.committedAt());
        out.writeStringField("schema", delta.source().schema());
        out.writeStringField("table", delta.source().name());
        out.writeFieldName("txId");
        Long transaction = transaction(delta.transaction());
        if (transaction == null) {
            out.writeNull();
        } else {
            out.writeNumber(transaction);
        }
        out.writeNumberField("lsn", delta.position().commit());
        out.writeNullField("xmin");
        out.writeNullField("origin");
        out.writeNullField("origin_lsn");
        out.writeEndObject();
    }

    /** Null where it is no number. */
    static @Nullable Long transaction(String id) {
        return !id.isEmpty() && id.length() < 19 && id.chars().allMatch(Character::isDigit) ? Long.valueOf(id) : null;
    }

    private static void times(JsonGenerator out, Instant at) throws IOException {
        out.writeNumberField("ts_ms", at.toEpochMilli());
        small(out, at);
    }

    private static void small(JsonGenerator out, Instant at) throws IOException {
        out.writeFieldName("ts_us");
        DebeziumValues.writeSince1970(out, at, 1_000_000);
        out.writeFieldName("ts_ns");
        DebeziumValues.writeSince1970(out, at, 1_000_000_000);
    }

    private static byte[] bytes(Content content) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder();
                JsonGenerator out = JSON.createGenerator(bytes)) {
            content.write(out);
            out.flush();
            return Objects.requireNonNull(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
