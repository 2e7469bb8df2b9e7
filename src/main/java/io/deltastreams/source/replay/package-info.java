/**
 * The fake that ships: a source that replays a script, for trying a pipeline without a database and for tests. May know the port, change,
 * settings and a JSON parser.
 *
 * <p>A script is a file of JSON lines. A line declares a table (columns with their types, and the key; declaring it again changes its shape),
 * gives rows for the snapshot, or is a transaction; its number is the transaction's commit:
 *
 * <pre>{@code
 * {"table": "public.items", "columns": {"id": "int32", "name": "text", "price": "numeric"}, "key": ["id"]}
 * {"snapshot": "public.items", "rows": [[1, "pen", "1.20"], [2, "ink", null]]}
 * {"transaction": "790", "at": "2026-11-22T10:15:30Z", "changes": [
 *      {"insert": "public.items", "row": [3, "paper", "4.00"]},
 *      {"update": "public.items", "row": [1, "pen", "1.50"], "before": [1, "pen", "1.20"]},
 *      {"delete": "public.items", "before": [2, null, null]},
 *      {"truncate": "public.items"}]}
 * }</pre>
 *
 * (each on one line). Types are {@code bool, int16, int32, int64, float32, float64, numeric, text, json, bytes, date, timestamp, timestamptz,
 * uuid}; numeric, dates and times are strings, bytes base64. {@code {"absent": true}} in the place of a value says that it was not sent.
 */
@NullMarked
package io.deltastreams.source.replay;

import org.jspecify.annotations.NullMarked;
