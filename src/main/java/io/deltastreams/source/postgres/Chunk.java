package io.deltastreams.source.postgres;

import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import java.util.List;

/**
 * Some rows of a table, read in one transaction that ends by writing a mark into the server's log: that is their place in the history.
 *
 * @param from where it begins
 * @param mark no other chunk has it
 * @param schema the rows' shape; its version means nothing
 * @param bytes what the rows take, about
 * @param after the last row's key as text; empty if these are the table's last rows
 */
record Chunk(
        IncrementalState.Progress from, String mark, Schema schema, List<Row> rows, long bytes, List<String> after) {

    TableId table() {
        return (TableId) schema.relation();
    }

    boolean isLast() {
        return after.isEmpty();
    }
}
