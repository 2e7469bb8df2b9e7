package io.deltastreams.transform;

import io.deltastreams.change.StreamId;
import java.util.Objects;

/** A stream's declaration does not fit: its SQL is none, or names and types are not those of the table. */
public final class InvalidStream extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Place place;
    private final String problem;

    InvalidStream(StreamId stream, Place place, String problem) {
        super("stream %s, %s: %s".formatted(stream.text(), place, problem));
        this.place = place;
        this.problem = problem;
    }

    /** The key below the stream: {@code where}, {@code select[2]}, {@code mask.email}. */
    public String key() {
        return place.key();
    }

    /** From 1; of the pipeline file, or of the text for a {@link Narrowing}. */
    public int line() {
        return place.line();
    }

    /** From 1. */
    public int column() {
        return place.column();
    }

    /** What is wrong, without the place. */
    public String problem() {
        return problem;
    }

    @Override
    public String getMessage() {
        return Objects.requireNonNull(super.getMessage(), "given at birth");
    }
}
