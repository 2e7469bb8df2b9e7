package io.deltastreams.sink.memory;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Sink;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

record MemorySink(MemoryTarget target) implements Sink {

    @Override
    public Uni<Optional<Position>> cursor() {
        return Uni.createFrom().item(target::tellCursor);
    }

    @Override
    public Uni<Void> prepare() {
        return cursor().replaceWithVoid();
    }

    @Override
    public Uni<Outcome> write(Deltas batch) {
        return Uni.createFrom().item(() -> target.write(batch));
    }

    @Override
    public Uni<Outcome> replay(Delta delta) {
        return Uni.createFrom().item(() -> target.replay(delta));
    }

    @Override
    public Uni<Void> close() {
        return Uni.createFrom().voidItem();
    }
}
