package io.deltastreams.transform;

/** Where a piece of a declaration stands: the key below the stream, and line and column from 1. */
record Place(String key, int line, int column) {

    @Override
    public String toString() {
        return "%s, line %d, column %d".formatted(key, line, column);
    }
}
