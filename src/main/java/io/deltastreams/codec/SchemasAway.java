package io.deltastreams.codec;

/** The schema registry does not answer now. The message says where it is and why. */
public final class SchemasAway extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SchemasAway(String reason) {
        super(reason, null, false, false);
    }
}
