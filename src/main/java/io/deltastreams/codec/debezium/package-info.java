/**
 * Deltas as Debezium's change events, for readers that know its envelope (Flink's {@code debezium-json}, ClickHouse, Iceberg's sinks): the
 * formats {@code debezium-json} and {@code debezium-avro}. May know change, codec and settings; third party: Jackson's streaming writer, Avro.
 *
 * <p>The form is that of Debezium 3 with PostgreSQL, JSON without schemas, {@code decimal.handling.mode=string}, {@code
 * time.precision.mode=microseconds}; a test holds it against the engine's own output, type by type.
 *
 * <p>What differs: {@code source.lsn} is the commit's, that of the change is not kept; {@code source.db} is what {@code database} says, {@code source.name} the
 * stream's; the three times outside of {@code source} are the commit's, too, so that the same delta gives the same bytes; a key's decimals have no
 * trailing zeros, so that equal keys do; {@code transaction} is null, as without {@code provide.transaction.metadata}. A value that nobody knows, of a
 * row that is gone, is null, where Debezium writes an empty text or 0 if the column is {@code NOT NULL}. Types that Debezium leaves out unless
 * told otherwise, and bit strings, are their text. What it loses comes: arrays of arrays, arrays of intervals, NaN in an array, {@code infinity} of a
 * date (the largest and the least 32-bit integer), dates before Christ in arrays.
 *
 * <p>In Avro the schemas are as Confluent's AvroConverter has those of Debezium: logical types by {@code connect.name}, what may be null a union. A value
 * that nobody knows, of a column that is {@code NOT NULL}, is then an empty text or 0, as Debezium writes it, for the type has no null; arrays of arrays and a
 * time that 64 bits do not hold have no form. With {@code decimals: exact} numbers are those of {@code decimal.handling.mode=precise}: Connect's {@code
 * Decimal}, or {@code io.debezium.data.VariableScaleDecimal} where the source declares no precision; NaN and the infinities then have no form.
 */
@NullMarked
package io.deltastreams.codec.debezium;

import org.jspecify.annotations.NullMarked;
