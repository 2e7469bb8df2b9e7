package io.deltastreams.feed;

import io.deltastreams.stream.DeltaStreams;
import java.util.Optional;

/** The streams as subscribers meet them: there, or not there for a reason. */
public interface FedStreams extends DeltaStreams {

    /** What keeps the pipeline from running until somebody mends it; empty while it runs or is about to. */
    Optional<String> trouble();
}
