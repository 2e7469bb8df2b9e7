package io.deltastreams.transform;

/** An expression needs a column that the source did not send. */
final class Missing extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String column;

    Missing(String column) {
        super(column, null, false, false);
        this.column = column;
    }

    String column() {
        return column;
    }
}
