package io.deltastreams.state;

/** There are no rows to be had; the message says why, and what would be right. */
public final class Unavailable extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Unavailable(String message) {
        super(message);
    }
}
