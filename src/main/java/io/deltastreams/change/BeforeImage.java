package io.deltastreams.change;

/** PostgreSQL's {@code REPLICA IDENTITY}, as far as it matters to a reader: how much of a former row an update or delete brings along. */
public enum BeforeImage {
    /** Every column ({@code FULL}). */
    FULL,
    /** The key of a deleted row only ({@code DEFAULT}, {@code USING INDEX}). */
    KEY,
    /** Nothing: updates and deletes are refused by the server while the table is published ({@code NOTHING}, no key). */
    NONE
}
