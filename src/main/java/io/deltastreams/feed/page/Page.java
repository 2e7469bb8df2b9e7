package io.deltastreams.feed.page;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Position;
import java.util.List;
import java.util.Optional;

/**
 * A part of a feed.
 *
 * @param after what was read behind
 * @param gap the new history that begins between {@code after} and the first delta, if one does
 * @param deltas in order, each as JSON; all of one epoch
 * @param next what the page that follows is read behind
 * @param settled whether the same request gives the same page for ever, as it is full or its epoch is over
 * @param more whether to ask for the next one at once: something stood behind this one, or may by now, as it is settled
 */
record Page(Position after, Optional<Gap> gap, List<Bytes> deltas, Position next, boolean settled, boolean more) {

    Page {
        deltas = List.copyOf(deltas);
    }

    /** The same, read behind an earlier position with nothing in between. */
    Page behind(Position earlier) {
        return new Page(earlier, gap, deltas, next, settled, more);
    }

    /** The source's history began again: what happened between does not come. */
    record Gap(Position after, Position beginsAt) {}
}
