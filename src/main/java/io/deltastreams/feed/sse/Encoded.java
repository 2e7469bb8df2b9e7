package io.deltastreams.feed.sse;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A reading as bytes, the same for every subscriber that wants the same.
 *
 * @param pieces in order
 * @param upTo where a subscriber stands behind them
 * @param committedAt when what stands before that was committed, as far as it is known
 * @param ends whether the feed ends behind them
 */
record Encoded(List<Piece> pieces, Position upTo, Optional<Instant> committedAt, boolean ends) {

    Encoded {
        pieces = List.copyOf(pieces);
    }

    /** Something that is sent as a whole or not at all. */
    sealed interface Piece {
        Bytes bytes();
    }

    /** The shape of the deltas that come from a table from here on; for those subscribers that do not know it yet. */
    record Shape(TableId source, Schema schema, Bytes bytes) implements Piece {}

    /**
     * Whole events.
     *
     * @param upTo the last one's id: where a subscriber stands behind them
     * @param within whether that is inside a transaction, as far as the reading tells
     */
    record Events(Bytes bytes, Position upTo, boolean within) implements Piece {}

    /**
     * Tells of missing history.
     *
     * @param refilled the same where the rows as they are now come next: without its id, as whoever resumed there would miss them
     */
    record Gap(Bytes bytes, Bytes refilled, Position upTo) implements Piece {}

    /** Rows as they are at the position of them all, which none of them can be resumed at. */
    record Rows(Bytes bytes) implements Piece {}

    long size() {
        return pieces.stream().mapToLong(piece -> piece.bytes().array().length).sum();
    }
}
