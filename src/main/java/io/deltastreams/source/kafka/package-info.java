/**
 * The history that another instance relays through a Kafka topic: one captures, many serve, with the same positions. May know the port, change and
 * settings; third party: Kafka's client, CDI.
 *
 * <p>The topic has one partition. Its messages are {@link io.deltastreams.change.RelayPart}s; where an instance has got to stands in its own log, not in
 * the broker, so it needs no consumer group and any number of instances read each for itself.
 */
@NullMarked
package io.deltastreams.source.kafka;

import org.jspecify.annotations.NullMarked;
