package io.deltastreams.sink;

/** The target does not tell the cursor now: it is away, or refuses. The message says where it is and why. */
public final class TargetAway extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public TargetAway(String reason) {
        super(reason, null, false, false);
    }
}
