package io.deltastreams.source.postgres;

import io.deltastreams.change.Schema;
import java.util.List;

/**
 * A captured table as a snapshot reads it.
 *
 * @param oid its object identifier
 * @param columns what is read of each column, in SQL, in the schema's order
 * @param values how each column's value comes
 * @param filter the condition that a row must meet, in SQL; empty for all
 */
record SnapshotTable(long oid, Schema schema, List<String> columns, List<Transcoder> values, String filter) {}
