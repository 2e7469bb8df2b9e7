package io.deltastreams.stream;

import io.smallrye.mutiny.Uni;

/** Says when a reader that is behind may go on: it may have to leave the machine to others for a while. */
@FunctionalInterface
public interface Pacing {

    Pacing FREE = () -> Uni.createFrom().voidItem();

    /** Completes when the reader may go on. */
    Uni<Void> turn();
}
