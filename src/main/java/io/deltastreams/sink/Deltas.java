package io.deltastreams.sink;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import java.util.List;

/**
 * What a sink is given at once.
 *
 * @param after where the reader stood before them
 * @param deltas in order, maybe none
 * @param upTo where the reader stands behind them: all that the stream has to say up to here is in this batch or an earlier one
 * @param whole whether the last transaction before {@code upTo} ends there
 * @param more whether the next batch is at hand and follows at once
 */
public record Deltas(Position after, List<Delta> deltas, Position upTo, boolean whole, boolean more) {
    public Deltas {
        deltas = List.copyOf(deltas);
    }
}
