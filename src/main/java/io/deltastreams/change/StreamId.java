package io.deltastreams.change;

import java.util.regex.Pattern;

/** A stream's name: what stands under {@code streams:} in the pipeline file and in a feed's URL. */
public record StreamId(String text) implements Relation, Comparable<StreamId> {

    private static final Pattern FORM = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,127}");

    public StreamId {
        if (!FORM.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "'%s' is no name for a stream: letters, digits, '_', '-' and '.', a letter first, 128 at most"
                            .formatted(text));
        }
    }

    @Override
    public int compareTo(StreamId other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
