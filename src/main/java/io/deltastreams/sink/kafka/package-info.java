/**
 * Streams as Kafka topics. May know change, codec, settings and sink; third party: Kafka's client, SmallRye's Kafka connector, CDI.
 *
 * <p>A record's key is the row's key (null where the stream has none), its value the delta, its timestamp the commit's, its headers {@code
 * ds-position}, {@code ds-op}, {@code ds-schema}, {@code ds-tx} and {@code ds-ts}. A delete is followed by a tombstone, so that a compacted
 * topic forgets the row; a truncate goes to every partition, so that each partition alone still tells the whole story of its keys.
 *
 * <p>The relay's topic has one partition, and its messages are {@link io.deltastreams.change.RelayPart}s; {@code source.kafka} reads it.
 *
 * <p>The cursor is a record in a compacted topic, {@code delta-streams-cursors}. {@link io.deltastreams.sink.kafka.ExactlyOnceSink} commits it in one
 * transaction with the records, by a producer of its own. {@link io.deltastreams.sink.kafka.KafkaSink} writes with the producer of the channel {@code
 * kafka}, which all its kind share, and the cursor follows once a second at most, behind the acknowledgement of what it stands for: so a
 * crash costs the records of about its last second a second time, with equal positions, which is how a reader tells.
 */
@NullMarked
package io.deltastreams.sink.kafka;

import org.jspecify.annotations.NullMarked;
