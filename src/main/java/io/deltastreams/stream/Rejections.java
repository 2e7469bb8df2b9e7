package io.deltastreams.stream;

import io.deltastreams.change.Change;
import io.deltastreams.change.StreamId;

/** Where changes go that a stream could not handle and was told to go on without (Invariant 7). Called from any thread, maybe twice. */
@FunctionalInterface
public interface Rejections {

    /** @param reason what was wrong, without row data */
    void rejected(StreamId stream, Change change, String reason);
}
