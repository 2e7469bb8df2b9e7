package io.deltastreams.stream;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The last readings of all streams, by the position they were read after. What was read after a position stays true (more may follow, nothing
 * changes), so whoever comes to the same place gets the same object, and readers at the tail all do. Bounded in bytes over all streams, with what was
 * made of the readings (Invariant 8): each stream alone may hold little, and a hundred of them the memory of a small machine. Thread-safe.
 */
public final class RecentReadings {

    private static final int KEPT_PER_STREAM = 8;
    private static final long MOST = 64L << 20;
    /** Of the heap. */
    private static final int SHARE = 8;

    private record Place(StreamId stream, Position after) {}

    private final int most;
    private final long limit;
    private final Map<Place, CompletableFuture<Reading>> readings = new LinkedHashMap<>();
    private final AtomicLong held = new AtomicLong();

    /** @param streams how many share it */
    public RecentReadings(int streams) {
        this(streams, Math.min(MOST, Runtime.getRuntime().maxMemory() / SHARE));
    }

    RecentReadings(int streams, long limit) {
        this.most = KEPT_PER_STREAM * Math.max(1, streams);
        this.limit = limit;
    }

    Reading get(StreamId stream, Position after, Supplier<Reading> read) {
        Place place = new Place(stream, after);
        CompletableFuture<Reading> mine = new CompletableFuture<>();
        CompletableFuture<Reading> found;
        synchronized (readings) {
            found = readings.putIfAbsent(place, mine);
            if (found == null) {
                makeRoom(place);
            }
        }
        if (found != null) {
            return join(found);
        }
        try {
            Reading reading = read.get();
            if (reading instanceof Reading.Deltas deltas && deltas.upTo().isAfter(after)) {
                keep(place, mine, deltas);
            } else {
                // An empty one will be another one soon, and a gap or a stop may be mended.
                forget(place, mine);
                mine.complete(reading);
            }
            return reading;
        } catch (RuntimeException e) {
            forget(place, mine);
            mine.completeExceptionally(e);
            throw e;
        }
    }

    /** The oldest go; the newest, which somebody is about to read, stays whatever its size. */
    private void makeRoom(Place newest) {
        Iterator<Map.Entry<Place, CompletableFuture<Reading>>> oldest =
                readings.entrySet().iterator();
        while ((readings.size() > most || held.get() > limit) && oldest.hasNext()) {
            Map.Entry<Place, CompletableFuture<Reading>> entry = oldest.next();
            if (!entry.getKey().equals(newest)) {
                oldest.remove();
                if (entry.getValue().getNow(null) instanceof Reading.Deltas deltas) {
                    deltas.countOut();
                }
            }
        }
    }

    /** Unless it had to make room already. */
    @SuppressWarnings("ReferenceEquality")
    private void keep(Place place, CompletableFuture<Reading> mine, Reading.Deltas deltas) {
        long weight = deltas.weight();
        synchronized (readings) {
            if (readings.get(place) == mine) {
                deltas.countIn(held, weight);
            }
            mine.complete(deltas);
        }
    }

    private void forget(Place place, CompletableFuture<Reading> mine) {
        synchronized (readings) {
            readings.remove(place, mine);
        }
    }

    /** About how many bytes are kept. */
    long held() {
        return held.get();
    }

    private static Reading join(CompletableFuture<Reading> reading) {
        try {
            return reading.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
