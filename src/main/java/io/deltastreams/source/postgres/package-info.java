/**
 * PostgreSQL's logical replication read directly, at the speed at which the server sends it: pgoutput's messages become encoded rows, which are
 * what the log writes and the outputs read. May know the port, change, settings, postgres and the PostgreSQL driver.
 *
 * <p>The way of a row: {@link io.deltastreams.source.postgres.LogReader} takes messages off the socket on one thread and keeps them, raw, by
 * transaction; at the commit {@link io.deltastreams.source.postgres.Conveyor} has them decoded on all cores and hands them over in order, completed by
 * {@link io.deltastreams.source.postgres.Reselection} where that is asked for. Sources: PostgreSQL manual, chapters 54.4 "Streaming Replication
 * Protocol", 54.5 "Logical Streaming Replication Protocol" and 54.9 "Logical Replication Message Formats".
 */
@NullMarked
package io.deltastreams.source.postgres;

import org.jspecify.annotations.NullMarked;
