package io.deltastreams.state;

import io.deltastreams.change.Position;
import io.deltastreams.change.TableId;
import java.util.Map;
import java.util.Optional;

/**
 * How the state stands.
 *
 * @param position as of which its rows are; empty before the first
 * @param bytes about what it takes on disk
 * @param readers who read rows right now
 * @param message what keeps it from giving rows; empty while it gives those of every table but the missing ones
 * @param missing tables whose rows are not all there, and why
 */
public record StateStatus(
        Optional<Position> position, long bytes, int readers, String message, Map<TableId, String> missing) {

    public StateStatus {
        missing = Map.copyOf(missing);
    }
}
