package io.deltastreams.sink;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;

/**
 * A change that could not be handled and was set aside.
 *
 * @param at which output of the stream refused it, {@code stream} if the stream itself did
 * @param reason without the row's data
 * @param change the delta as the format {@code json} has it; of one that the stream refused, the table's change
 */
public record DeadLetter(StreamId stream, String at, Position position, String reason, String change) {

    /** Where the stream itself refused. */
    public static final String STREAM = "stream";
}
