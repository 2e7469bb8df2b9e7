package io.deltastreams.feed;

import java.util.List;
import java.util.Optional;

/** The streams as subscribers meet them: there, or not there for a reason. */
public interface FedStreams {

    /** All streams of the running pipeline, in its file's order; empty while none runs. What is told of one run has to be of one answer. */
    Optional<List<FedStream>> running();

    /** What keeps the pipeline from running until somebody mends it; empty while it runs or is about to. */
    Optional<String> trouble();
}
