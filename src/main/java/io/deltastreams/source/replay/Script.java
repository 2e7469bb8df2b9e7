package io.deltastreams.source.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads a script line by line and keeps the tables declared so far. */
final class Script {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<TableId, Schema> tables = new HashMap<>();
    private final Map<TableId, Schema> versions = new HashMap<>();
    private final List<Snapshot> snapshots = new ArrayList<>();

    /** @param logged the latest schemas in the log, whose versions go on */
    Script(List<Schema> logged) {
        for (Schema schema : logged) {
            if (schema.relation() instanceof TableId table) {
                versions.put(table, schema);
            }
        }
    }

    /** A line that cannot be read; the message says why. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    /** Rows that the snapshot reads. */
    record Snapshot(Schema schema, List<Row> rows) {}

    List<Snapshot> snapshots() {
        return snapshots;
    }

    List<Schema> schemas() {
        return tables.keySet().stream().sorted().map(tables::get).toList();
    }

    /** The transaction that stands in the line, if one does. */
    Optional<Transaction> read(String line, int epoch, long number) throws Malformed {
        try {
            JsonNode node = JSON.readTree(line);
            if (node.has("table")) {
                declare(node);
            } else if (node.has("snapshot")) {
                Schema schema = table(node.get("snapshot"));
                List<Row> rows = new ArrayList<>();
                for (JsonNode row : node.path("rows")) {
                    rows.add(row(row, schema));
                }
                snapshots.add(new Snapshot(schema, rows));
            } else if (node.has("transaction")) {
                return Optional.of(transaction(node, epoch, number));
            } else if (!node.isMissingNode()) {
                throw new Malformed("a line holds 'table', 'snapshot' or 'transaction'");
            }
            return Optional.empty();
        } catch (JsonProcessingException e) {
            throw new Malformed("not readable as JSON: " + e.getOriginalMessage());
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new Malformed(String.valueOf(e.getMessage()));
        }
    }

    private void declare(JsonNode node) throws Malformed {
        TableId id = TableId.parse(node.get("table").asText());
        List<Column> columns = new ArrayList<>();
        for (Map.Entry<String, JsonNode> column : node.path("columns").properties()) {
            columns.add(new Column(column.getKey(), type(column.getValue().asText()), true));
        }
        List<Integer> key = new ArrayList<>();
        for (JsonNode name : node.path("key")) {
            key.add(columns.stream().map(Column::name).toList().indexOf(name.asText()));
        }
        Schema last = versions.get(id);
        Schema schema =
                last != null && last.columns().equals(columns) && last.key().equals(key)
                        ? last
                        : new Schema(id, last == null ? 1 : last.version() + 1, columns, key);
        versions.put(id, schema);
        tables.put(id, schema);
    }

    private static Type type(String name) throws Malformed {
        return switch (name) {
            case "numeric" -> new Type.Numeric(0, 0);
            case "bool",
                    "int16",
                    "int32",
                    "int64",
                    "float32",
                    "float64",
                    "text",
                    "json",
                    "bytes",
                    "date",
                    "timestamp",
                    "timestamptz",
                    "uuid" -> Type.Simple.valueOf(name.toUpperCase(Locale.ROOT));
            default -> throw new Malformed("'%s' is no type of a script's".formatted(name));
        };
    }

    private Transaction transaction(JsonNode node, int epoch, long number) throws Malformed {
        List<Change> changes = new ArrayList<>();
        for (JsonNode change : node.path("changes")) {
            changes.add(change(change, new Position(epoch, number, changes.size())));
        }
        Instant at = node.has("at") ? Instant.parse(node.get("at").asText()) : Instant.EPOCH;
        return new Transaction(node.get("transaction").asText(), Transaction.Kind.COMMIT, at, changes, true);
    }

    private Change change(JsonNode node, Position position) throws Malformed {
        if (node.has("insert")) {
            Schema schema = table(node.get("insert"));
            return new Change.Insert(position, schema, row(node.path("row"), schema));
        }
        if (node.has("update")) {
            Schema schema = table(node.get("update"));
            Row before = node.has("before") ? row(node.get("before"), schema) : null;
            return new Change.Update(position, schema, before, row(node.path("row"), schema));
        }
        if (node.has("delete")) {
            Schema schema = table(node.get("delete"));
            return new Change.Delete(position, schema, row(node.path("before"), schema));
        }
        if (node.has("truncate")) {
            return new Change.Truncate(position, table(node.get("truncate")));
        }
        throw new Malformed("a change is an 'insert', 'update', 'delete' or 'truncate'");
    }

    private Schema table(JsonNode name) throws Malformed {
        Schema schema = tables.get(TableId.parse(name.asText()));
        if (schema == null) {
            throw new Malformed("table %s is not declared above".formatted(name.asText()));
        }
        return schema;
    }

    private static Row row(JsonNode node, Schema schema) throws Malformed {
        if (node.size() != schema.columns().size()) {
            throw new Malformed("a row of %s has %d values, not %d"
                    .formatted(schema.relation().text(), schema.columns().size(), node.size()));
        }
        @Nullable Object[] values = new @Nullable Object[node.size()];
        for (int index = 0; index < values.length; index++) {
            JsonNode value = node.get(index);
            values[index] = value.isNull()
                    ? null
                    : value.isObject() && value.has("absent")
                            ? Row.ABSENT
                            : value(schema.columns().get(index).type(), value);
        }
        return Row.of(values);
    }

    private static Object value(Type type, JsonNode value) throws Malformed {
        if (!(type instanceof Type.Simple simple)) {
            return new BigDecimal(value.asText());
        }
        return switch (simple) {
            case BOOL -> value.asBoolean();
            case INT16, INT32 -> value.asInt();
            case INT64 -> value.asLong();
            case FLOAT32 -> (float) value.asDouble();
            case FLOAT64 -> value.asDouble();
            case TEXT -> value.asText();
            case JSON -> value.isTextual() ? value.asText() : value.toString();
            case BYTES -> new Bytes(Base64.getDecoder().decode(value.asText()));
            case DATE -> LocalDate.parse(value.asText());
            case TIMESTAMP -> LocalDateTime.parse(value.asText());
            case TIMESTAMPTZ -> Instant.parse(value.asText());
            case UUID -> UUID.fromString(value.asText());
            case TIME, TIMETZ, INTERVAL, XML, HSTORE, LTREE, GEOMETRY ->
                throw new Malformed("no value of type " + simple);
        };
    }
}
