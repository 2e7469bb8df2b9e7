package io.deltastreams.sink;

import io.deltastreams.change.Position;

/** How a write ended. */
public sealed interface Outcome {

    /** Everything is durable at the target; the cursor is too, or follows within about a second and at the sink's close. */
    record Delivered() implements Outcome {}

    /**
     * Everything is on its way, and nobody sees it before it is whole: it will be durable together with one of the next batches. The cursor
     * has not moved.
     */
    record Taken() implements Outcome {}

    /**
     * The target will never take the delta at this position. All before it is delivered; of what stands behind it some may be there already,
     * and is to be written again.
     */
    record Poisoned(Position position, String reason) implements Outcome {}

    /** The target did not answer or is away: the batch may be there in part, in full or not at all, and is to be written again. */
    record Unknown(String reason) implements Outcome {}

    /** Nothing behind this position is at the target, whatever was taken before: the next batch is to begin there. */
    record Rewound(Position to) implements Outcome {}

    /** Another instance of the same name writes there now, and nothing of this one will be taken any more. */
    record Superseded(String reason) implements Outcome {}
}
