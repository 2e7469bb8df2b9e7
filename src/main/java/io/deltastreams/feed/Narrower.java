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

    private final Text text;
    private final Narrowing narrowing;
    private final ConcurrentMap<Schema, Stage> stages = new ConcurrentHashMap<>();
    /** What the delta before was narrowed with, and most probably the next one: a schema's equality with itself is cheaper than its hash. */
    private final AtomicReference<@Nullable Compiled> latest = new AtomicReference<>();

    /** What the subscriber wrote. */
    public record Text(Optional<String> where, Optional<String> select) {}

    private record Compiled(Schema schema, Stage stage) {}

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
        this.text = text;
        this.narrowing = Narrowing.parse(stream, text.where, text.select);
    }

    /** Equal for narrowers that leave the same of a stream. */
    public Text text() {
        return text;
    }

    /** The shape of what is left of a stream of this shape. */
    public Schema output(Schema stream) throws InvalidStream {
        return stage(stream).output();
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
            return stage(delta.schema()).apply(delta.change());
        } catch (InvalidStream e) {
            return new StageResult.Refused(e.problem());
        }
    }

    private static Delta with(Change change, Delta delta) {
        return new Delta(change, delta.source(), delta.transaction(), delta.committedAt(), delta.snapshot(), false);
    }

    private Stage stage(Schema schema) throws InvalidStream {
        Compiled known = latest.get();
        if (known != null && known.schema.equals(schema)) {
            return known.stage;
        }
        Stage stage = stages.get(schema);
        if (stage == null) {
            stage = narrowing.compile(schema);
            stages.put(schema, stage);
        }
        latest.set(new Compiled(schema, stage));
        return stage;
    }
}
