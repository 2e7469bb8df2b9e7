package io.deltastreams.sink;

/** Another instance of the same name writes to the target now. The message says to which, and which instance. */
public final class TargetTaken extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public TargetTaken(String reason) {
        super(reason, null, false, false);
    }
}
