package io.deltastreams.stream;

import io.deltastreams.change.Position;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The last readings by the position they were read after. What was read after a position stays true (more may follow, nothing changes), so
 * whoever comes to the same place gets the same object, and readers at the tail all do.
 */
final class RecentReadings {

    /** With readings of a MiB of changes at most, some MiB per stream. */
    private static final int KEPT = 8;

    private final Map<Position, CompletableFuture<Reading>> readings = new LinkedHashMap<>();

    Reading get(Position after, Supplier<Reading> read) {
        CompletableFuture<Reading> mine = new CompletableFuture<>();
        CompletableFuture<Reading> found;
        synchronized (readings) {
            found = readings.putIfAbsent(after, mine);
            if (found == null && readings.size() > KEPT) {
                readings.remove(readings.keySet().iterator().next());
            }
        }
        if (found != null) {
            return join(found);
        }
        try {
            Reading reading = read.get();
            if (!isLasting(after, reading)) {
                forget(after, mine);
            }
            mine.complete(reading);
            return reading;
        } catch (RuntimeException e) {
            forget(after, mine);
            mine.completeExceptionally(e);
            throw e;
        }
    }

    /** A reading that moved its reader on; an empty one will be another one soon, and a gap or a stop may be mended. */
    private static boolean isLasting(Position after, Reading reading) {
        return reading instanceof Reading.Deltas deltas && deltas.upTo().isAfter(after);
    }

    private void forget(Position after, CompletableFuture<Reading> mine) {
        synchronized (readings) {
            readings.remove(after, mine);
        }
    }

    private static Reading join(CompletableFuture<Reading> reading) {
        try {
            return reading.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
