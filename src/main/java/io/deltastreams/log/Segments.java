package io.deltastreams.log;

import io.deltastreams.change.Position;
import java.util.List;
import java.util.stream.Stream;

/** The segments that are there, oldest first. One thread changes them, any thread looks. */
final class Segments {

    private volatile List<Segment> list = List.of();
    /** Of all but the last, which still grows. */
    private volatile long fullBytes;

    Segments(List<Segment> list) {
        set(list);
    }

    private void set(List<Segment> now) {
        long bytes = 0;
        for (Segment segment : now.subList(0, Math.max(0, now.size() - 1))) {
            bytes += segment.size();
        }
        fullBytes = bytes;
        list = List.copyOf(now);
    }

    List<Segment> list() {
        return list;
    }

    void add(Segment segment) {
        set(Stream.concat(list.stream(), Stream.of(segment)).toList());
    }

    void removeOldest() {
        set(list.subList(1, list.size()));
    }

    /** Durable bytes. */
    long bytes() {
        List<Segment> now = list;
        return now.isEmpty() ? 0 : fullBytes + now.getLast().size();
    }

    static Position removedUpTo(List<Segment> list) {
        return list.isEmpty() ? Position.START : list.getFirst().header().previous();
    }

    /**
     * Up to where what a reader at {@code after} asks for is not here: removed, or of an epoch that this log came into later, as happens to
     * whoever comes from another instance. That is before {@code after} where all is here.
     */
    static Position missingUpTo(List<Segment> list, Position after) {
        Position removed = removedUpTo(list);
        if (list.isEmpty() || !removed.equals(Position.START) || after.commit() == 0) {
            return removed;
        }
        return list.getFirst()
                .first()
                .filter(first -> first.epoch() == after.epoch() && first.isAfter(after))
                .map(first -> first.index() > 0
                        ? new Position(first.epoch(), first.commit(), first.index() - 1)
                        : new Position(first.epoch(), first.commit() - 1, -1))
                .orElse(removed);
    }

    static Position last(List<Segment> list) {
        return list.isEmpty() ? Position.START : list.getLast().last();
    }
}
