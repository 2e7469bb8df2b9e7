package io.deltastreams.source;

import org.jspecify.annotations.Nullable;

/**
 * Why a source cannot go on, told so that a user can mend it. The message says what was wrong and where, {@link #remedy()} what would be
 * right. Neither ever holds row data or a password.
 */
public final class SourceFailure extends Exception {

    private static final long serialVersionUID = 1L;

    /** Whether time alone may heal it. */
    public enum Kind {
        /** Server away, connection lost, slot still held by a dying session: tried again with backoff. */
        TRANSIENT,
        /** Another instance captures it: tried again soon, and it is taken over once that one has ended. */
        TAKEN,
        /** Wrong configuration or missing privilege: somebody has to mend it. */
        PERMANENT
    }

    private final Kind kind;
    private final String remedy;

    public SourceFailure(Kind kind, String message, String remedy, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.remedy = remedy;
    }

    public Kind kind() {
        return kind;
    }

    public String remedy() {
        return remedy;
    }
}
