package io.deltastreams.stream;

import io.deltastreams.change.StreamId;
import java.util.List;
import java.util.Optional;

/** The streams of the running pipeline; none while it has not started. */
public interface DeltaStreams {

    /** All streams in the pipeline file's order. */
    List<DeltaStream> all();

    default Optional<DeltaStream> find(String name) {
        return all().stream().filter(stream -> stream.id().text().equals(name)).findFirst();
    }

    /** Whether the pipeline file gives this stream a feed. */
    boolean hasFeed(StreamId stream);

    /** Whether its feed writes 64-bit integers as JSON strings, for JavaScript, which rounds numbers beyond 2^53. */
    boolean hasTextualBigints(StreamId stream);
}
