package io.deltastreams.transform;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which change of shape readers bear, in the words of <a
 * href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html">schema registries</a>. It is told of the
 * stream's own schema, and so alike for each format: a column that comes in has no default, so it has to be nullable where old rows are to be
 * read with it.
 */
public enum Compatibility {
    /** Whatever comes. */
    NONE,
    /** Readers of the new shape can read rows of the last one. */
    BACKWARD,
    /** The same of every earlier one. */
    BACKWARD_TRANSITIVE,
    /** Readers of the last shape can read rows of the new one. */
    FORWARD,
    /** The same of every earlier one. */
    FORWARD_TRANSITIVE,
    /** Both of the last one. */
    FULL,
    /** Both of every earlier one. */
    FULL_TRANSITIVE;

    /**
     * Why a shape is not to follow others, as far as it is not.
     *
     * @param earlier the oldest first
     */
    Optional<String> objection(List<Schema> earlier, Schema next) {
        return considered(earlier)
                .flatMap(before -> Stream.concat(
                        isBackward() ? unreadable(before, next) : Stream.empty(),
                        isForward() ? unreadable(next, before) : Stream.empty()))
                .findFirst();
    }

    private Stream<Schema> considered(List<Schema> earlier) {
        return switch (this) {
            case NONE -> Stream.empty();
            case BACKWARD, FORWARD, FULL -> earlier.isEmpty() ? Stream.empty() : Stream.of(earlier.getLast());
            case BACKWARD_TRANSITIVE, FORWARD_TRANSITIVE, FULL_TRANSITIVE -> earlier.reversed().stream();
        };
    }

    private boolean isBackward() {
        return this == BACKWARD || this == BACKWARD_TRANSITIVE || this == FULL || this == FULL_TRANSITIVE;
    }

    private boolean isForward() {
        return this == FORWARD || this == FORWARD_TRANSITIVE || this == FULL || this == FULL_TRANSITIVE;
    }

    /** Why a reader cannot read what is written. */
    private static Stream<String> unreadable(Schema written, Schema reader) {
        Stream<String> key = keyNames(written).equals(keyNames(reader))
                ? Stream.empty()
                : Stream.of("the key is %s in version %d and %s in version %d"
                        .formatted(keyNames(written), written.version(), keyNames(reader), reader.version()));
        return Stream.concat(key, reader.columns().stream().flatMap(column -> unreadable(written, reader, column)));
    }

    private static List<String> keyNames(Schema schema) {
        return schema.key().stream()
                .map(index -> schema.columns().get(index).name())
                .toList();
    }

    private static Stream<String> unreadable(Schema written, Schema reader, Column wanted) {
        int index = written.indexOf(wanted.name());
        if (index < 0) {
            return wanted.nullable()
                    ? Stream.empty()
                    : Stream.of("column '%s' is NOT NULL in version %d and not there in version %d"
                            .formatted(wanted.name(), reader.version(), written.version()));
        }
        Column there = written.columns().get(index);
        if (there.nullable() && !wanted.nullable()) {
            return Stream.of("column '%s' may be null in version %d and is NOT NULL in version %d"
                    .formatted(wanted.name(), written.version(), reader.version()));
        }
        return holds(wanted.type(), there.type())
                ? Stream.empty()
                : Stream.of("column '%s' is %s in version %d, which %s of version %d does not hold"
                        .formatted(wanted.name(), there.type(), written.version(), wanted.type(), reader.version()));
    }

    /** Whether each value of one type is one of another, in each format. */
    private static boolean holds(Type wide, Type narrow) {
        if (wide.equals(narrow)) {
            return true;
        }
        return switch (narrow) {
            case Type.Simple.INT16 -> wide == Type.Simple.INT32 || wide == Type.Simple.INT64;
            case Type.Simple.INT32 -> wide == Type.Simple.INT64;
            case Type.Simple.FLOAT32 -> wide == Type.Simple.FLOAT64;
            case Type.Numeric(int precision, int scale) ->
                wide instanceof Type.Numeric(int more, int same) && precision > 0 && more >= precision && same == scale;
            case Type.Enumeration(String name, List<String> labels) -> {
                Set<String> held =
                        wide instanceof Type.Enumeration(String other, List<String> more) && other.equals(name)
                                ? new HashSet<>(more)
                                : Set.of();
                yield !labels.isEmpty() && held.containsAll(labels);
            }
            case Type.Array(Type element) -> wide instanceof Type.Array(Type wider) && holds(wider, element);
            default -> false;
        };
    }
}
