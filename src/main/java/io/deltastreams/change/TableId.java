package io.deltastreams.change;

/** A captured table, by its schema (namespace) and name as the source's catalog spells them. */
public record TableId(String schema, String name) implements Relation, Comparable<TableId> {

    public TableId {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a table needs a name");
        }
    }

    /** Reads {@code schema.name}; the first dot separates. */
    public static TableId parse(String text) {
        int dot = text.indexOf('.');
        if (dot <= 0 || dot == text.length() - 1) {
            throw new IllegalArgumentException("'%s' is no table; one looks like public.orders".formatted(text));
        }
        return new TableId(text.substring(0, dot), text.substring(dot + 1));
    }

    @Override
    public String text() {
        return schema + "." + name;
    }

    @Override
    public int compareTo(TableId other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema != 0 ? bySchema : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return text();
    }
}
