package io.deltastreams.sink;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import java.util.List;

/**
 * What a sink is given at once.
 *
 * @param deltas in order, maybe none
 * @param upTo where the reader stands behind them: all that the stream has to say up to here is in this batch or an earlier one
 */
public record Deltas(List<Delta> deltas, Position upTo) {
    public Deltas {
        deltas = List.copyOf(deltas);
    }
}
