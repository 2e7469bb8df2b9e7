/**
 * Deltas as JSON: what a feed's {@code data:} and a Kafka record's value carry. May know change, codec and settings; third party: none.
 *
 * <p>A column's JSON type follows from the column's type alone and never from the value, so that a reader can be written once; null is
 * JSON's null, and a column that the source did not send is left out.
 *
 * <table>
 * <caption>Forms</caption>
 * <tr><th>type</th><th>JSON</th><th>form</th></tr>
 * <tr><td>BOOL</td><td>boolean</td><td></td></tr>
 * <tr><td>INT16, INT32</td><td>number</td><td></td></tr>
 * <tr><td>INT64</td><td>number, or string with {@code bigint: string}</td><td>JavaScript rounds numbers beyond 2^53: hence the choice, made for
 *     all values of a stream</td></tr>
 * <tr><td>FLOAT32, FLOAT64</td><td>string</td><td>the shortest text that reads back as the same float, {@code 1.5}, {@code 1.0E23}; {@code NaN},
 *     {@code infinity}, {@code -infinity}. JSON's numbers have no such three, and a column that is a number today and a string tomorrow
 *     breaks its readers</td></tr>
 * <tr><td>Numeric</td><td>string</td><td>plain, without exponent, with the source's scale: {@code 11.90}; {@code NaN}, {@code infinity},
 *     {@code -infinity}</td></tr>
 * <tr><td>TEXT, XML, LTREE, Enumeration, Range, Opaque</td><td>string</td><td>the text</td></tr>
 * <tr><td>JSON</td><td>string</td><td>the document's text: embedded it would be of any JSON type, and readers would lose the order and
 *     repetition of its keys and the digits of its numbers</td></tr>
 * <tr><td>BYTES</td><td>string</td><td>base64 (RFC 4648, section 4)</td></tr>
 * <tr><td>DATE</td><td>string</td><td>{@code 2026-11-22}; beyond year 9999 {@code +10000-01-01}, 1 BC is {@code 0000}, 2 BC
 *     {@code -0001}; {@code infinity}, {@code -infinity}</td></tr>
 * <tr><td>TIME</td><td>string</td><td>{@code 10:15:30.123456}, always six decimals; {@code 24:00:00.000000} exists</td></tr>
 * <tr><td>TIMETZ</td><td>string</td><td>{@code 10:15:30.123456+02:00}, or {@code Z}</td></tr>
 * <tr><td>TIMESTAMP</td><td>string</td><td>{@code 2026-11-22T10:15:30.123456}; six decimals, nine for a source that counts nanoseconds;
 *     years and infinities like DATE</td></tr>
 * <tr><td>TIMESTAMPTZ</td><td>string</td><td>the same in UTC: {@code 2026-11-22T10:15:30.123456Z}</td></tr>
 * <tr><td>INTERVAL</td><td>string</td><td>ISO 8601: {@code P1Y2M3DT4H5M6.789S}</td></tr>
 * <tr><td>UUID</td><td>string</td><td>lower case with hyphens</td></tr>
 * <tr><td>HSTORE</td><td>object</td><td>of strings and nulls</td></tr>
 * <tr><td>GEOMETRY</td><td>object</td><td>{@code {"wkb": base64, "srid": number or null}}</td></tr>
 * <tr><td>Array</td><td>array</td><td>of the element's form; of arrays where it has more dimensions</td></tr>
 * </table>
 *
 * <p>A key's columns have the same forms but for one thing: values that are equal to the database give equal bytes, so a numeric leaves its
 * trailing zeros out ({@code 1.50} and {@code 1.5} are one key) and a float's zero has no sign.
 *
 * <p>With a registry, a JSON Schema says of each column the above, whether it may be null, and an enum's labels; and key and value begin with the
 * schema's id. No column is required but in a key: what the source did not send is not there. Another number of the stream's schema with the same
 * columns is the same JSON Schema.
 */
@NullMarked
package io.deltastreams.codec.json;

import org.jspecify.annotations.NullMarked;
