package io.deltastreams.stream;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.TableId;
import io.deltastreams.state.CurrentRows;
import io.deltastreams.transform.StageResult;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * A stream's rows as of one position, as inserts that say so, in the order of their tables' keys. Whoever got them closes them, and asks for one piece
 * at a time.
 */
public final class StreamRows implements AutoCloseable {

    /** What the name of their transaction is. */
    private static final String TRANSACTION = "snapshot";

    /** Bytes that a piece is made of. */
    private static final long PIECE = 256 << 10;

    private final CurrentRows rows;
    private final Function<Change, StageResult> stages;
    private final boolean stops;
    private final Executor blocking;

    /** @param stops whether a row that the stages refuse ends the stream; else it is left out, as it was told of when it was captured */
    StreamRows(CurrentRows rows, Function<Change, StageResult> stages, boolean stops, Executor blocking) {
        this.rows = rows;
        this.stages = stages;
        this.stops = stops;
        this.blocking = blocking;
    }

    /** The rows, and what the stream tells behind this, are all. */
    public Position position() {
        return rows.position();
    }

    /** The next piece, maybe without a row; nothing behind the last one. What it ends with may be a {@link Reading.Stopped}. */
    public Uni<Optional<Reading>> next() {
        return Uni.createFrom().voidItem().emitOn(blocking).map(_ -> read());
    }

    private Optional<Reading> read() {
        List<Change.Insert> next;
        try {
            next = rows.next(PIECE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (next.isEmpty()) {
            return Optional.empty();
        }
        List<Delta> deltas = new ArrayList<>(next.size());
        for (Change.Insert row : next) {
            switch (stages.apply(row)) {
                case StageResult.Nothing _ -> {}
                case StageResult.Emitted(Change change) ->
                    deltas.add(new Delta(
                            change, (TableId) row.schema().relation(), TRANSACTION, rows.committedAt(), true, false));
                case StageResult.Halted(String reason) -> {
                    return Optional.of(new Reading.Stopped(rows.position(), reason));
                }
                case StageResult.Refused(String reason) -> {
                    if (stops) {
                        return Optional.of(new Reading.Stopped(rows.position(), reason));
                    }
                }
            }
        }
        return Optional.of(new Reading.Deltas(deltas, rows.position(), Optional.of(rows.committedAt())));
    }

    @Override
    public void close() {
        rows.close();
    }
}
