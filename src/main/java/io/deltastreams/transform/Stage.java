package io.deltastreams.transform;

import io.deltastreams.change.Change;
import io.deltastreams.change.Schema;

/**
 * A stream's stages over one version of one table's schema. Pure and thread-safe.
 *
 * <p>What a {@code where} makes of a change (a row is in only where it is TRUE):
 *
 * <table>
 * <caption>Deltas</caption>
 * <tr><th>change</th><th>row was in</th><th>row is in</th><th>delta</th></tr>
 * <tr><td>insert</td><td></td><td>yes</td><td>insert</td></tr>
 * <tr><td>update</td><td>yes</td><td>yes</td><td>update</td></tr>
 * <tr><td>update</td><td>yes</td><td>no</td><td>delete</td></tr>
 * <tr><td>update</td><td>no</td><td>yes</td><td>insert</td></tr>
 * <tr><td>update</td><td>not known</td><td>yes</td><td>update without {@code before}: to be taken as an upsert</td></tr>
 * <tr><td>update</td><td>not known</td><td>no</td><td>delete by key, perhaps of a row that was never in</td></tr>
 * <tr><td>delete</td><td>yes, or not known</td><td></td><td>delete</td></tr>
 * </table>
 *
 * <p>Whether a row was in is not known where the source did not send the former values that {@code where} needs (no {@code REPLICA
 * IDENTITY FULL}) or where {@code where} failed for them. Folding by key reaches the right content all the same; only a column that the
 * source did not send (an untouched TOASTed one) stays absent in a row that comes in this way. A truncate passes; in a stream of
 * several tables it removes only the rows whose {@code _table} is the delta's source.
 */
public interface Stage {

    /**
     * The stream's schema: its relation is the stream, its version the table's. The key is the table's where all its columns come through
     * unchanged or hashed, else there is none.
     */
    Schema output();

    /** Whether updates and deletes can be told exactly only with the whole former row: {@code REPLICA IDENTITY FULL}. */
    boolean needsFullBefore();

    /** The change of the stream that a change of the table makes; it must be of the schema that this stage was compiled for. */
    StageResult apply(Change change);

    /** The same with rows of another shape: columns by their names, and null where there is none any more. */
    default Stage as(Schema output) {
        return new Reshaped(this, output);
    }

    /** The same shape, of which nothing goes out. */
    default Stage halted(String reason) {
        return new Halted(output(), reason);
    }
}
