package io.deltastreams.transform;

import org.jspecify.annotations.Nullable;

/** An expression has no value for a row: division by zero, overflow, a cast that fails. Never holds a value (Invariant 9). */
final class Failure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final transient @Nullable Place place;

    Failure(String reason) {
        this(reason, null);
    }

    private Failure(String reason, @Nullable Place place) {
        super(reason, null, false, false);
        this.reason = reason;
        this.place = place;
    }

    /** The same failure with its place, unless a part of the expression has named a nearer one. */
    Failure at(Place where) {
        return place != null ? this : new Failure(reason, where);
    }

    String told() {
        return place == null ? reason : reason + " (" + place + ")";
    }

    String reason() {
        return reason;
    }
}
