/**
 * The current rows of each captured table as of a position, kept on disk beside the log: log and state are a replica that any stream, filter or
 * view can start from, also after retention has removed the history. May know change and log; third party: RocksDB.
 *
 * <p>The log is the state's write-ahead log: the store writes none of its own, keeps in one atomic write what a piece of the log made of it and the
 * position behind that piece, and after a crash goes on from the last one that it had flushed. Until then it holds the log (Invariant 2).
 */
@NullMarked
package io.deltastreams.state;

import org.jspecify.annotations.NullMarked;
