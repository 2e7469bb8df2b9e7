package io.deltastreams.fanout;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** The naive way: a broadcast of objects as Quarkus' guides show it, with nothing behind it. */
@Singleton
@Path("/naive")
public class NaiveFeed {

    private final BroadcastProcessor<Tick> ticks = BroadcastProcessor.create();

    public record Tick(long id, long sent, String note) {}

    /** Without the buffer the first subscriber that is late for one event would be cut off. */
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    public Multi<Tick> ticks() {
        return ticks.onOverflow().buffer(1_000);
    }

    void send(Tick tick) {
        ticks.onNext(tick);
    }
}
