package io.deltastreams.source.debezium;

import io.debezium.connector.postgresql.LogicalDecodingMessageMonitor;
import io.debezium.data.Envelope;
import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.SchemaVersions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** How the engine's records of each table become rows; found out once for every schema that the engine makes. */
final class Tables {

    private static final int MANY = 4096;

    private final Lookup catalog;
    private final String placeholder;
    private final LogicalMessages messages;
    private final Map<TableId, Catalog.Identity> identities;
    private final SchemaVersions versions;
    private final IdentityHashMap<org.apache.kafka.connect.data.Schema, Table> known = new IdentityHashMap<>();

    /**
     * @param identities of the tables as they are at the start; each is asked for again when its table's shape changes
     * @param schemas the latest ones in the log, whose versions go on
     */
    Tables(
            Lookup catalog,
            String placeholder,
            LogicalMessages messages,
            Map<TableId, Catalog.Identity> identities,
            List<Schema> schemas) {
        this.catalog = catalog;
        this.placeholder = placeholder;
        this.messages = messages;
        this.identities = new HashMap<>(identities);
        this.versions = new SchemaVersions(schemas);
    }

    /** Asks the catalog for a table's identity. */
    interface Lookup {
        Catalog.Identity identity(TableId table) throws SQLException;
    }

    Table of(SourceRecord record) throws SQLException {
        Table table = known.get(record.valueSchema());
        if (table == null) {
            table = read(record);
            if (known.size() > MANY) {
                known.clear();
            }
            known.put(record.valueSchema(), table);
        }
        return table;
    }

    private Table read(SourceRecord record) throws SQLException {
        Struct source = ((Struct) record.value()).getStruct(Envelope.FieldName.SOURCE);
        TableId id = new TableId(source.getString("schema"), source.getString("table"));
        Catalog.Identity identity = identities.remove(id);
        if (identity == null) {
            identity = catalog.identity(id);
        }
        List<ColumnReader> readers = new ArrayList<>();
        for (Field field :
                record.valueSchema().field(Envelope.FieldName.AFTER).schema().fields()) {
            readers.add(ColumnReader.of(field, placeholder));
        }
        List<Column> columns = readers.stream().map(ColumnReader::column).toList();
        Schema schema = versions.of(id, columns, identity.identity());
        boolean[] identifying = new boolean[columns.size()];
        for (int index = 0; index < identifying.length; index++) {
            identifying[index] =
                    identity.before() == BeforeImage.FULL || schema.key().contains(index);
        }
        return new Table(schema, readers.toArray(ColumnReader[]::new), identifying, record.valueSchema());
    }

    /** The logical message of a record, if such are captured. */
    Optional<Draft> message(Struct envelope, boolean transactional) {
        Struct message = envelope.getStruct(LogicalDecodingMessageMonitor.DEBEZIUM_LOGICAL_DECODING_MESSAGE_KEY);
        String prefix = message.getString(LogicalDecodingMessageMonitor.DEBEZIUM_LOGICAL_DECODING_MESSAGE_PREFIX_KEY);
        if (!messages.takes(prefix)) {
            return Optional.empty();
        }
        byte[] content = ColumnReader.array(
                message.get(LogicalDecodingMessageMonitor.DEBEZIUM_LOGICAL_DECODING_MESSAGE_CONTENT_KEY));
        Schema schema = versions.of(LogicalMessages.RELATION, LogicalMessages.COLUMNS, List.of());
        return Optional.of(
                new Draft(Draft.Kind.INSERT, schema, null, LogicalMessages.row(prefix, transactional, content)));
    }

    /** One shape of one table. */
    static final class Table {

        private final Schema schema;
        private final ColumnReader[] readers;
        private final boolean[] identifying;
        private final Field before;
        private final Field after;

        Table(
                Schema schema,
                ColumnReader[] readers,
                boolean[] identifying,
                org.apache.kafka.connect.data.Schema envelope) {
            this.schema = schema;
            this.readers = readers;
            this.identifying = identifying;
            before = envelope.field(Envelope.FieldName.BEFORE);
            after = envelope.field(Envelope.FieldName.AFTER);
        }

        Draft draft(Draft.Kind kind, Struct envelope) {
            return new Draft(kind, schema, before(envelope), after(envelope));
        }

        Schema schema() {
            return schema;
        }

        private @Nullable Row after(Struct envelope) {
            if (!(envelope.get(after) instanceof Struct row)) {
                return null;
            }
            @Nullable Object[] values = new @Nullable Object[readers.length];
            for (int index = 0; index < values.length; index++) {
                values[index] = readers[index].read(row);
            }
            return Row.of(values);
        }

        /** What the server sent of the former row: the engine fills up the rest with nulls or zeros, so that is left out. */
        private @Nullable Row before(Struct envelope) {
            if (!(envelope.get(before) instanceof Struct row)) {
                return null;
            }
            @Nullable Object[] values = new @Nullable Object[readers.length];
            for (int index = 0; index < values.length; index++) {
                values[index] = identifying[index] ? readers[index].read(row) : Row.ABSENT;
            }
            return Row.of(values);
        }
    }
}
