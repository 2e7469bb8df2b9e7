package io.deltastreams.settings;

/**
 * Something wrong in the pipeline file.
 *
 * @param line from 1
 * @param column from 1
 * @param path the keys down to the place: {@code streams.paid_orders.where}
 * @param message what is wrong, and what would be right
 */
public record Problem(String file, int line, int column, String path, String message) {

    @Override
    public String toString() {
        return "%s:%d:%d: %s: %s".formatted(file, line, column, path.isEmpty() ? "(top)" : path, message);
    }
}
