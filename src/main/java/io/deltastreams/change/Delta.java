package io.deltastreams.change;

import java.time.Instant;

/**
 * A change of a stream's content: its schema's relation is the stream, and its rows are the stream's rows.
 *
 * @param source the table that the change was captured from
 * @param transaction the source's name for the transaction
 * @param snapshot whether a snapshot read it
 * @param last whether it is the transaction's last delta in this stream. Of a transaction that the log holds in parts, one of the last
 *     part's
 */
public record Delta(
        Change change, TableId source, String transaction, Instant committedAt, boolean snapshot, boolean last) {

    public Position position() {
        return change.position();
    }

    public Schema schema() {
        return change.schema();
    }

    /** The same, marked as its transaction's last. */
    public Delta asLast() {
        return new Delta(change, source, transaction, committedAt, snapshot, true);
    }
}
