/**
 * Deltas as Protobuf with schemas in a registry: the format {@code protobuf}. May know change, codec and settings; third party: protobuf-java's
 * wire format.
 *
 * <p>A record is {@link io.deltastreams.codec.WireFormat}, a zero byte (Confluent's message indexes: the file's first message), and the message.
 * A value's message is {@code OrdersDelta}, whose nested {@code Row} has the columns; a key's is {@code OrdersKey}. Everything that a file needs is
 * nested in its one message, so that files of one package do not meet.
 *
 * <p>All columns are {@code optional}. One that is not there is null, or it is listed: in {@code unchanged}, what an update did not send of {@code
 * after}; in {@code unknown}, what nobody told of {@code before}.
 *
 * <table>
 * <caption>Forms</caption>
 * <tr><th>type</th><th>Protobuf</th><th>form</th></tr>
 * <tr><td>BOOL</td><td>bool</td><td></td></tr>
 * <tr><td>INT16, INT32</td><td>int32</td><td></td></tr>
 * <tr><td>INT64</td><td>int64</td><td></td></tr>
 * <tr><td>FLOAT32, FLOAT64</td><td>float, double</td><td></td></tr>
 * <tr><td>Numeric</td><td>string</td><td>plain, without exponent, with the source's scale: {@code 11.90}; {@code NaN}, {@code infinity},
 *     {@code -infinity}</td></tr>
 * <tr><td>TEXT, XML, LTREE, JSON, Range, Opaque</td><td>string</td><td>the text</td></tr>
 * <tr><td>BYTES</td><td>bytes</td><td></td></tr>
 * <tr><td>DATE</td><td>int32</td><td>days since 1970-01-01; infinity is the highest, -infinity the lowest number</td></tr>
 * <tr><td>TIME</td><td>int64</td><td>microseconds since midnight; 24:00 exists</td></tr>
 * <tr><td>TIMETZ</td><td>string</td><td>{@code 10:15:30.123456+02:00}, or {@code Z}</td></tr>
 * <tr><td>TIMESTAMP</td><td>int64</td><td>microseconds since 1970-01-01T00:00, local; infinities like DATE. What 64 bits do not hold (after January
 *     294247, and nanoseconds) has no form</td></tr>
 * <tr><td>TIMESTAMPTZ</td><td>google.protobuf.Timestamp</td><td>the infinities are the highest and the lowest {@code seconds}; years before 1
 *     and after 9999 exist, which Protobuf's own helpers refuse</td></tr>
 * <tr><td>INTERVAL</td><td>message Interval</td><td>months, days, micros</td></tr>
 * <tr><td>UUID</td><td>string</td><td>lower case with hyphens</td></tr>
 * <tr><td>Enumeration</td><td>enum, or string</td><td>{@code StatusEnum} with {@code STATUS_PAID} for the column {@code status}; string where labels
 *     are not known or make no different names, and in keys</td></tr>
 * <tr><td>HSTORE</td><td>message Hstore</td><td>a map of texts, each in a message, where null has none</td></tr>
 * <tr><td>GEOMETRY</td><td>message Geometry</td><td>wkb, srid</td></tr>
 * <tr><td>Array</td><td>message, {@code Int64Array}</td><td>of elements: each has a {@code value}, or, where there are more dimensions, a {@code
 *     list}, which is such an array again; null has neither</td></tr>
 * </table>
 *
 * <p>A key's columns have the same forms but for one thing: values that are equal to the database give equal bytes, so a numeric leaves its
 * trailing zeros out and a float's zero has no sign.
 *
 * <p>Numbers of fields and labels are kept by nobody but the registry: see {@link io.deltastreams.codec.protobuf.Evolution}.
 */
@NullMarked
package io.deltastreams.codec.protobuf;

import org.jspecify.annotations.NullMarked;
