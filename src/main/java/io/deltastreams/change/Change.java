package io.deltastreams.change;

import org.jspecify.annotations.Nullable;

/**
 * One change of one relation's rows. Whether it came with a commit or was read by a snapshot, and when, says the {@link Transaction}
 * that it belongs to.
 */
public sealed interface Change {

    Position position();

    /** The schema of every row in this change. */
    Schema schema();

    /** A row that is there now: inserted, read by a snapshot, or come into a filtered stream. */
    record Insert(Position position, Schema schema, Row after) implements Change {}

    /**
     * A row whose key stays as it was. (A changed key is a {@link Delete} of the old and an {@link Insert} of the new row.)
     *
     * @param before what the source told of the former row, null if nothing; columns may be {@link Row#ABSENT}
     * @param after the row as it is now; {@link Row#ABSENT} marks a column that stayed as it was and was not sent
     */
    record Update(
            Position position, Schema schema, @Nullable Row before, Row after) implements Change {}

    /** A row that is gone; of {@code before} at least the key's columns are there where the relation has a key. */
    record Delete(Position position, Schema schema, Row before) implements Change {}

    /** All rows are gone. */
    record Truncate(Position position, Schema schema) implements Change {}
}
