/** The Kafka sink against a real broker in this process. */
@NullMarked
package io.deltastreams.sink.kafka;

import org.jspecify.annotations.NullMarked;
