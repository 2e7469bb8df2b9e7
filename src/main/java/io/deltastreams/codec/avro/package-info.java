/**
 * Deltas as Avro records, with their schemas in a registry: the format {@code avro}. May know change, codec and settings; third party: Apache
 * Avro, for the schemas alone, and CDI's annotations. The bytes are written straight from the row in <a
 * href="https://avro.apache.org/docs/1.12.0/specification/#binary-encoding">Avro's binary encoding</a>, which tests read back with Avro's own
 * reader.
 *
 * <p>A key is a record {@code <Stream>Key} of its columns; those that are NOT NULL have their type plainly. A value is a record {@code
 * <Stream>Delta}: {@code position}, {@code op}, {@code stream}, {@code table}, {@code before} and {@code after}, each null or a record {@code
 * <Stream>Row}; {@code unchanged}, the fields of {@code after} that an update left as they were and did not send; {@code tx}, {@code
 * committed_at}, {@code schema}, the number of the stream's schema, and {@code snapshot}.
 *
 * <p>Every field of a row is a union of null and the column's form, null where the value is, and where it was not sent. So a column may come, go
 * and be declared NOT NULL without breaking a reader; that declaration is the field's property {@code "notNull": true}. A name that Avro does
 * not allow is altered, and the field's property {@code "column"} has the column's own.
 *
 * <table>
 * <caption>Forms</caption>
 * <tr><th>type</th><th>Avro</th><th>form</th></tr>
 * <tr><td>BOOL</td><td>boolean</td><td></td></tr>
 * <tr><td>INT16, INT32</td><td>int</td><td></td></tr>
 * <tr><td>INT64</td><td>long</td><td></td></tr>
 * <tr><td>FLOAT32, FLOAT64</td><td>float, double</td><td>NaN and the infinities are theirs</td></tr>
 * <tr><td>Numeric with precision</td><td>bytes, decimal</td><td>its precision and scale; NaN and infinity have no form, nor has a number of more
 *     digits. A string with {@code decimals: string}, and where the scale does not lie within 0 and the precision</td></tr>
 * <tr><td>Numeric without</td><td>string</td><td>plain, without exponent, with the source's scale: {@code 11.90}; {@code NaN}, {@code infinity},
 *     {@code -infinity}</td></tr>
 * <tr><td>TEXT</td><td>string</td><td></td></tr>
 * <tr><td>JSON, XML, LTREE, Range, Opaque</td><td>string</td><td>the text; {@code "sqlType"} says what it is, as it does of every string that
 *     stands for something else</td></tr>
 * <tr><td>Enumeration</td><td>enum</td><td>a string where labels are not known, or are no symbols of Avro</td></tr>
 * <tr><td>BYTES</td><td>bytes</td><td></td></tr>
 * <tr><td>DATE</td><td>int, date</td><td>the greatest and the least int are {@code infinity} and {@code -infinity}</td></tr>
 * <tr><td>TIME</td><td>long, time-micros</td><td>{@code 24:00} is 86400000000</td></tr>
 * <tr><td>TIMETZ</td><td>string</td><td>{@code 10:15:30.123456+02:00}, or {@code Z}</td></tr>
 * <tr><td>TIMESTAMP</td><td>long, local-timestamp-micros</td><td>the greatest and the least long are {@code infinity} and {@code -infinity};
 *     nanoseconds have no form, nor has a time beyond 292,000 years from 1970</td></tr>
 * <tr><td>TIMESTAMPTZ</td><td>long, timestamp-micros</td><td>the same</td></tr>
 * <tr><td>INTERVAL</td><td>record Interval</td><td>{@code months}, {@code days}, {@code micros}</td></tr>
 * <tr><td>UUID</td><td>string, uuid</td><td></td></tr>
 * <tr><td>HSTORE</td><td>map</td><td>of strings and nulls</td></tr>
 * <tr><td>GEOMETRY</td><td>record Geometry</td><td>{@code wkb}, and {@code srid} or null</td></tr>
 * <tr><td>Array</td><td>array</td><td>of null or the element's form; one dimension: an array of arrays has no form</td></tr>
 * </table>
 *
 * <p>In a key, values that are equal to the database give equal bytes: a numeric's text leaves its trailing zeros out, and a float's zero has no
 * sign. A key's bytes begin with the id of its schema: they change when a key's column does, and not with any other.
 */
@NullMarked
package io.deltastreams.codec.avro;

import org.jspecify.annotations.NullMarked;
