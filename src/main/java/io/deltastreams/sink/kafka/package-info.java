/**
 * Streams as Kafka topics. May know change, codec, settings and sink; third party: Kafka's client, SmallRye's Kafka connector, CDI.
 *
 * <p>All streams write with the producer of one outgoing channel, {@code kafka}. A record's key is the row's key as JSON (null
 * where the stream has none), its value the delta as JSON, its timestamp the commit's, its headers {@code ds-position}, {@code ds-op}, {@code
 * ds-schema} and {@code ds-tx}. A delete is followed by a tombstone, so that a compacted topic forgets the row; a truncate goes to every
 * partition, so that each partition alone still tells the whole story of its keys.
 *
 * <p>The relay's topic has one partition, and its messages are {@link io.deltastreams.change.RelayPart}s; {@code source.kafka} reads it.
 *
 * <p>The cursor is a record in a compacted topic, {@code delta-streams-cursors}, written once a second at most and at the close, and only
 * behind the acknowledgement of what it stands for. So a crash costs the records of about its last second a second time (at-least-once): with
 * equal positions, which is how a reader tells.
 */
@NullMarked
package io.deltastreams.sink.kafka;

import org.jspecify.annotations.NullMarked;
