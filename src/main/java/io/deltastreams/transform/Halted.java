package io.deltastreams.transform;

import io.deltastreams.change.Change;
import io.deltastreams.change.Schema;

/** A shape of which nothing goes out. */
record Halted(Schema output, String reason) implements Stage {

    @Override
    public boolean needsFullBefore() {
        return false;
    }

    @Override
    public StageResult apply(Change change) {
        return new StageResult.Halted(reason);
    }
}
