package io.deltastreams.transform;

import io.deltastreams.change.Change;

/** What a stage makes of a change. */
public sealed interface StageResult {

    /** The change is none of this stream's. */
    StageResult NONE = Nothing.NOTHING;

    /** A change of the stream, at the position of the change it was made from. */
    record Emitted(Change change) implements StageResult {}

    /** The change is none of this stream's. */
    record Nothing() implements StageResult {

        static final Nothing NOTHING = new Nothing();
    }

    /**
     * The change cannot be handled.
     *
     * @param reason what went wrong and where in the declaration, without row data (Invariant 9)
     */
    record Refused(String reason) implements StageResult {}

    /** The stream ends here, whatever it does about changes that it cannot handle: the shape is none that may go out. */
    record Halted(String reason) implements StageResult {}
}
