package io.deltastreams.codec.avro;

import io.deltastreams.change.Type;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/** The forms of columns, by the table in the package's description. Of one schema's text: a named type that occurs twice is the same object. */
final class Forms {

    private static final String SQL_TYPE = "sqlType";

    private final Options options;
    private final boolean canonical;
    private final Names names;
    private final Schema interval;
    private final Schema geometry;
    private final Map<Type.Enumeration, Schema> enumerations = new HashMap<>();

    /**
     * @param canonical whether values that are equal to the database give equal bytes, as keys must
     * @param taken names of the records around
     */
    Forms(Options options, boolean canonical, Set<String> taken) {
        this.options = options;
        this.canonical = canonical;
        this.names = new Names(taken);
        this.interval = record(
                "Interval",
                new Schema.Field("months", Schema.create(Schema.Type.INT)),
                new Schema.Field("days", Schema.create(Schema.Type.INT)),
                new Schema.Field("micros", Schema.create(Schema.Type.LONG)));
        this.geometry = record(
                "Geometry",
                new Schema.Field("wkb", Schema.create(Schema.Type.BYTES)),
                optional("srid", Schema.create(Schema.Type.INT)));
    }

    private Schema record(String name, Schema.Field... fields) {
        return Schema.createRecord(names.give(name), null, options.namespace(), false, List.of(fields));
    }

    static Schema orNull(Schema schema) {
        return Schema.createUnion(Schema.create(Schema.Type.NULL), schema);
    }

    /** A field that may be null, and is where the writer had none. */
    static Schema.Field optional(String name, Schema schema) {
        return new Schema.Field(name, orNull(schema), null, Schema.Field.NULL_DEFAULT_VALUE);
    }

    /** @param where the column, for messages */
    Form of(Type type, String where) {
        return switch (type) {
            case Type.Simple simple -> simple(simple, where);
            case Type.Numeric numeric -> numeric(numeric, where);
            case Type.Enumeration enumeration -> enumeration(enumeration, where);
            case Type.Range range -> text(range.name());
            case Type.Opaque opaque -> text(opaque.name());
            case Type.Array array -> {
                Form element = of(array.element(), where);
                yield new Form(Schema.createArray(orNull(element.schema())), new ArrayWriter(element.writer(), where));
            }
        };
    }

    private Form simple(Type.Simple type, String where) {
        return switch (type) {
            case BOOL -> form(Schema.Type.BOOLEAN, (out, in) -> out.u8(in.u8()));
            case INT16, INT32 -> form(Schema.Type.INT, (out, in) -> out.zigzag(in.zigzag32()));
            case INT64 -> form(Schema.Type.LONG, (out, in) -> out.zigzag(in.zigzag64()));
            case FLOAT32 -> form(Schema.Type.FLOAT, canonical ? Values::canonicalFloat : Values::float32);
            case FLOAT64 -> form(Schema.Type.DOUBLE, canonical ? Values::canonicalDouble : Values::float64);
            case TEXT -> form(Schema.Type.STRING, Values::text);
            case JSON -> text("json");
            case XML -> text("xml");
            case LTREE -> text("ltree");
            case BYTES -> form(Schema.Type.BYTES, Values::text);
            case DATE ->
                new Form(LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT)), new Times.OfDate(where));
            case TIME -> longOf(LogicalTypes.timeMicros(), (out, in) -> out.zigzag(in.varlong()));
            case TIMETZ -> new Form(text("timetz").schema(), Times::timeWithZone);
            case TIMESTAMP -> longOf(LogicalTypes.localTimestampMicros(), new Times.OfMoment(where));
            case TIMESTAMPTZ -> longOf(LogicalTypes.timestampMicros(), new Times.OfMoment(where));
            case INTERVAL -> new Form(interval, Values::interval);
            case UUID -> new Form(LogicalTypes.uuid().addToSchema(Schema.create(Schema.Type.STRING)), Values::uuid);
            case HSTORE -> new Form(Schema.createMap(orNull(Schema.create(Schema.Type.STRING))), Values::hstore);
            case GEOMETRY -> new Form(geometry, Values::geometry);
        };
    }

    private static Form form(Schema.Type type, ValueWriter writer) {
        return new Form(Schema.create(type), writer);
    }

    private static Form longOf(LogicalType type, ValueWriter writer) {
        return new Form(type.addToSchema(Schema.create(Schema.Type.LONG)), writer);
    }

    private static Form text(String sqlType) {
        Schema schema = Schema.create(Schema.Type.STRING);
        schema.addProp(SQL_TYPE, sqlType);
        return new Form(schema, Values::text);
    }

    private Form numeric(Type.Numeric type, String where) {
        int precision = type.precision();
        int scale = type.scale();
        // PostgreSQL has numeric(3,5) and numeric(3,-2), too; Avro's scale lies within 0 and the precision.
        if (options.exactDecimals() && precision > 0 && scale >= 0 && scale <= precision) {
            Schema schema = LogicalTypes.decimal(precision, scale).addToSchema(Schema.create(Schema.Type.BYTES));
            return new Form(schema, Decimals.Exact.of(precision, scale, where));
        }
        String sqlType = precision > 0 ? "numeric(%d,%d)".formatted(precision, scale) : "numeric";
        return new Form(text(sqlType).schema(), canonical ? Decimals::canonicalText : Decimals::text);
    }

    private Form enumeration(Type.Enumeration type, String where) {
        if (type.labels().isEmpty() || !type.labels().stream().allMatch(Names::isName)) {
            return text(type.name());
        }
        return new Form(enumerations.computeIfAbsent(type, this::symbols), EnumWriter.of(type.labels(), where));
    }

    private Schema symbols(Type.Enumeration type) {
        String name = names.give(type.name());
        Schema schema = Schema.createEnum(name, null, options.namespace(), type.labels());
        if (!name.equals(type.name())) {
            schema.addProp(SQL_TYPE, type.name());
        }
        return schema;
    }
}
