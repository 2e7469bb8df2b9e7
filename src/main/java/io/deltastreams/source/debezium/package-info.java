/**
 * PostgreSQL captured with the Debezium engine, embedded: its records, in Kafka Connect's form, become transactions of rows. May know the
 * port, change, settings, Debezium, Connect's data and the PostgreSQL driver.
 */
@NullMarked
package io.deltastreams.source.debezium;

import org.jspecify.annotations.NullMarked;
