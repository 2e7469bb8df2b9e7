package io.deltastreams.log;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param path folder of the segment files; made if absent
 * @param durability whether an append waits for the disk
 * @param segmentSize bytes after which a new segment file begins
 * @param retentionAge segments are removed once their newest change is older
 * @param retentionSize oldest segments are removed while the log is larger, in bytes
 * @param budget bytes that the log never exceeds, but for a single batch that is larger, which waits until it can stand alone; beyond the
 *     retention size by what pinned readers may hold
 * @param overBudget who yields when pinned readers need more than the budget
 */
public record LogSettings(
        Path path,
        Durability durability,
        long segmentSize,
        Duration retentionAge,
        long retentionSize,
        long budget,
        OverBudget overBudget) {

    /** Whether an append waits for the disk. */
    public enum Durability {
        /** It is synced before it counts. */
        FSYNC,
        /** Nothing is synced: for containers without a volume, where acknowledgement follows the required sinks instead. */
        EPHEMERAL
    }

    /** Who yields at the disk budget. */
    public enum OverBudget {
        /** Capture waits until the pinned readers have moved on. */
        WAIT,
        /** The oldest segment goes, and readers that needed it get a gap. */
        CUT
    }

    private static final Duration LONGEST = Duration.ofDays(1_000_000);
    private static final long MB = 1L << 20;
    private static final long GB = 1L << 30;

    public LogSettings {
        if (segmentSize < 4096 || segmentSize > GB) {
            throw new IllegalArgumentException("a segment's size lies within 4KB and 1GB, not at " + segmentSize);
        }
        if (retentionAge.isNegative() || retentionAge.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the retention's age lies within 0 and %d days, not at %s"
                    .formatted(LONGEST.toDays(), retentionAge));
        }
        if (budget < 2 * segmentSize) {
            throw new IllegalArgumentException("the disk budget must hold two segments of %d bytes at least, not %d"
                    .formatted(segmentSize, budget));
        }
    }

    /** Seven days, 20 GB, budget 24 GB, segments of 64 MB. */
    public static LogSettings at(Path path) {
        return new LogSettings(path, Durability.FSYNC, 64 * MB, Duration.ofDays(7), 20 * GB, 24 * GB, OverBudget.WAIT);
    }
}
