package io.deltastreams.feed;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.transform.InvalidStream;
import io.deltastreams.transform.Narrowing;
import io.deltastreams.transform.Stage;
import io.deltastreams.transform.StageResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A subscriber's narrowing, compiled anew for each shape that the stream takes. Thread-safe. */
public final class Narrower {

    private final StreamId stream;
    private final Text text;
    private final Narrowing narrowing;
    private final ConcurrentMap<Schema, Compiled> stages = new ConcurrentHashMap<>();
    /** What the delta before was narrowed with, and most probably the next one: a schema's equality with itself is cheaper than its hash. */
    private final AtomicReference<@Nullable Compiled> latest = new AtomicReference<>();

    /**
     * What the subscriber wrote.
     *
     * @param key of the one row that is wanted, a text for each of the key's columns; empty for all rows
     */
    public record Text(Optional<String> where, Optional<String> select, List<String> key) {
        public Text {
            key = List.copyOf(key);
        }
    }

    /** @param row leaves the one row that is wanted by its key, before the narrowing by SQL */
    private record Compiled(Schema schema, Optional<Stage> row, Stage stage) {

        StageResult apply(Change change) {
            if (row.isEmpty()) {
                return stage.apply(change);
            }
            StageResult wanted = row.get().apply(change);
            return wanted instanceof StageResult.Emitted(Change left) ? stage.apply(left) : wanted;
        }
    }

    /** A key that rows of the stream cannot have. */
    static final class NoSuchKey extends Exception {

        private static final long serialVersionUID = 1L;

        private NoSuchKey(String message) {
            super(message);
        }
    }

    /** @param refused where narrowing had to stop, if it had to; {@code deltas} are those before */
    public record Narrowed(List<Delta> deltas, Optional<Refused> refused) {
        public Narrowed {
            deltas = List.copyOf(deltas);
        }
    }

    /** A delta that the narrowing cannot be applied to. */
    public record Refused(Position position, String reason) {}

    /** @throws InvalidStream if a text is no SQL */
    public Narrower(StreamId stream, Text text) throws InvalidStream {
        this.stream = stream;
        this.text = text;
        this.narrowing = Narrowing.parse(stream, text.where, text.select);
    }

    /** Equal for narrowers that leave the same of a stream. */
    public Text text() {
        return text;
    }

    /** The shape of what is left of a stream of this shape. */
    Schema output(Schema stream) throws InvalidStream, NoSuchKey {
        return compiled(stream).stage.output();
    }

    /**
     * What is left of a reading's deltas. Where the reading holds a transaction's last delta, the last one that is left of that transaction
     * here is marked so (Invariant 3).
     */
    public Narrowed apply(List<Delta> deltas) {
        List<Delta> left = new ArrayList<>();
        int transaction = 0;
        for (Delta delta : deltas) {
            switch (apply(delta)) {
                case StageResult.Nothing _ -> {}
                case StageResult.Emitted(Change change) -> left.add(with(change, delta));
                case StageResult.Refused(String reason) -> {
                    return new Narrowed(left, Optional.of(new Refused(delta.position(), reason)));
                }
                case StageResult.Halted(String reason) -> {
                    return new Narrowed(left, Optional.of(new Refused(delta.position(), reason)));
                }
            }
            if (delta.last()) {
                if (left.size() > transaction) {
                    left.set(left.size() - 1, left.getLast().asLast());
                }
                transaction = left.size();
            }
        }
        return new Narrowed(left, Optional.empty());
    }

    private StageResult apply(Delta delta) {
        try {
            return compiled(delta.schema()).apply(delta.change());
        } catch (InvalidStream e) {
            return new StageResult.Refused(e.problem());
        } catch (NoSuchKey e) {
            return new StageResult.Refused(String.valueOf(e.getMessage()));
        }
    }

    private static Delta with(Change change, Delta delta) {
        return new Delta(change, delta.source(), delta.transaction(), delta.committedAt(), delta.snapshot(), false);
    }

    private Compiled compiled(Schema schema) throws InvalidStream, NoSuchKey {
        Compiled known = latest.get();
        if (known != null && known.schema.equals(schema)) {
            return known;
        }
        Compiled compiled = stages.get(schema);
        if (compiled == null) {
            compiled = new Compiled(schema, row(schema), narrowing.compile(schema));
            stages.put(schema, compiled);
        }
        latest.set(compiled);
        return compiled;
    }

    private Optional<Stage> row(Schema schema) throws NoSuchKey {
        if (text.key.isEmpty()) {
            return Optional.empty();
        }
        List<String> names = schema.key().stream()
                .map(column -> schema.columns().get(column).name())
                .toList();
        if (names.size() != text.key.size()) {
            throw new NoSuchKey(
                    names.isEmpty()
                            ? "the rows of '%s' have no key; narrow them with 'where'".formatted(stream.text())
                            : "the key of '%s' is %s: give 'key' once for each, in this order"
                                    .formatted(stream.text(), String.join(", ", names)));
        }
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            conditions.add("\"%s\" = '%s'"
                    .formatted(
                            names.get(i).replace("\"", "\"\""), text.key.get(i).replace("'", "''")));
        }
        try {
            return Optional.of(Narrowing.parse(stream, Optional.of(String.join(" AND ", conditions)), Optional.empty())
                    .compile(schema));
        } catch (InvalidStream e) {
            throw new NoSuchKey(e.problem());
        }
    }
}
