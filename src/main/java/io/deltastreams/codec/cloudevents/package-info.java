/**
 * Deltas as events by the <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md">CloudEvents</a> specification 1.0.2 and its <a
 * href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">Kafka protocol binding</a>: the format {@code
 * cloudevents}, in binary or structured mode. May know change, codec and settings. The data is the delta as the format {@code json} has it, which comes
 * as a bean.
 *
 * <p>The attributes: {@code id} is the stream and the delta's position, {@code paid_orders/0001-00000000016b3748-00000003}, which with {@code source},
 * the stream's address, is the event's identity; {@code type} is {@code <prefix>.insert} and the like; {@code subject} the table; {@code time} the
 * commit's, where RFC 3339 has a form for its year; {@code datacontenttype} is {@code application/json}. There is no {@code partitionkey}: the record
 * has the row's key, and the binding (section 3.1) makes no attribute of it.
 */
@NullMarked
package io.deltastreams.codec.cloudevents;

import org.jspecify.annotations.NullMarked;
