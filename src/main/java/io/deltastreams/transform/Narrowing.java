package io.deltastreams.transform;

import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A subscriber's {@code ?where=} and {@code ?select=} over a stream's own rows. Each text is at most 4,096 characters long and nested at
 * most 64 levels deep.
 */
public final class Narrowing {

    private final Definition definition;

    private Narrowing(Definition definition) {
        this.definition = definition;
    }

    /**
     * @param select columns and expressions, separated by commas
     * @throws InvalidStream if a text is no SQL, or too long or deep
     */
    public static Narrowing parse(StreamId stream, Optional<String> where, Optional<String> select)
            throws InvalidStream {
        Optional<Definition.Parsed> condition = where.isEmpty()
                ? Optional.empty()
                : Optional.of(Definition.condition(Clause.of(stream, "where", where.get())));
        List<Definition.Parsed> selection =
                select.isEmpty() ? List.of() : List.of(Definition.selection(Clause.of(stream, "select", select.get())));
        return new Narrowing(new Definition(stream, condition, selection, Map.of(), false));
    }

    /** @throws InvalidStream if it does not fit the stream's schema */
    public Stage compile(Schema stream) throws InvalidStream {
        return definition.compile(stream);
    }
}
