package io.deltastreams.state;

import java.nio.file.Path;

/**
 * @param path folder of the state; made if absent
 * @param log folder of the log that it belongs to
 * @param memory bytes for what is being written and for blocks that are read; the store takes little beyond
 */
public record StateSettings(Path path, Path log, long memory) {

    /** Less is too little to write with. */
    public static final long LEAST_MEMORY = 8L << 20;

    public static final long USUAL_MEMORY = 64L << 20;

    public StateSettings {
        if (memory < LEAST_MEMORY) {
            throw new IllegalArgumentException(
                    "the state's memory is %d bytes at least, not %d".formatted(LEAST_MEMORY, memory));
        }
    }
}
