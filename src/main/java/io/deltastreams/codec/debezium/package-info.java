/**
 * Deltas as Debezium's change events, for readers that know its envelope (Flink's {@code debezium-json}, ClickHouse, Iceberg's sinks): the
 * kind {@code debezium-json}. May know change and codec; third party: Jackson's streaming writer.
 *
 * <p>The form is that of Debezium 3 with PostgreSQL, JSON without schemas, {@code decimal.handling.mode=string}, {@code
 * time.precision.mode=microseconds}; a test holds it against the engine's own output, type by type.
 *
 * <p>What differs: {@code source.lsn} is the commit's, that of the change is not kept; {@code source.db} is empty, {@code source.name} the
 * stream's; the three times outside of {@code source} are the commit's, too, so that the same delta gives the same bytes; a key's decimals have no
 * trailing zeros, so that equal keys do; {@code transaction} is null, as without {@code provide.transaction.metadata}. A value that nobody knows, of a
 * row that is gone, is null, where Debezium writes an empty text or 0 if the column is {@code NOT NULL}. Types that Debezium leaves out unless
 * told otherwise, and bit strings, are their text. What it loses comes: arrays of arrays, arrays of intervals, NaN in an array, {@code infinity} of a
 * date (the largest and the least 32-bit integer), dates before Christ in arrays.
 */
@NullMarked
package io.deltastreams.codec.debezium;

import org.jspecify.annotations.NullMarked;
