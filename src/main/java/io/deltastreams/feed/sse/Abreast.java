package io.deltastreams.feed.sse;

import io.deltastreams.change.Position;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Narrower;
import io.deltastreams.stream.DeltaStream;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The subscribers of one event loop that stand at the same place and want the same: one reading is asked for on behalf of all, and then each writes it,
 * one after the other, in one turn of the loop. So a subscriber at a stream's end costs an entry in a set and a socket. Of that loop's thread.
 */
final class Abreast {

    private final Map<Place, Row> rows = new HashMap<>();
    private final Turns turns = new Turns();

    /** @param narrowing empty where the whole stream is wanted */
    private record Place(DeltaStream stream, Optional<Narrower.Text> narrowing, Position at) {}

    /** Whom a reading is told. */
    interface Subscriber {

        void take(Encoded encoded);

        /** There is no next reading. */
        void failed(Throwable failure);
    }

    /** Those at a place. */
    private final class Row {

        private final Place place;
        private final Set<Subscriber> subscribers = new LinkedHashSet<>();
        private Cancellable reading = () -> {};

        private Row(Place place) {
            this.place = place;
        }

        private void tell(Consumer<Subscriber> news) {
            rows.remove(place, this);
            for (Subscriber subscriber : List.copyOf(subscribers)) {
                // One that is told may make another leave.
                if (subscribers.remove(subscriber)) {
                    tell(subscriber, news);
                }
            }
        }

        /** A bug that shows with one subscriber is not the others'. */
        private static void tell(Subscriber subscriber, Consumer<Subscriber> news) {
            try {
                news.accept(subscriber);
            } catch (RuntimeException e) {
                subscriber.failed(e);
            }
        }

        private void leave(Subscriber subscriber) {
            if (subscribers.remove(subscriber) && subscribers.isEmpty() && rows.remove(place, this)) {
                reading.cancel();
            }
        }
    }

    /** Large writes of the loop's subscribers. */
    Turns turns() {
        return turns;
    }

    /**
     * Asks for what stands behind a position, as bytes; told on the loop, once.
     *
     * @param encoder the same for all of a stream
     * @return ends the waiting
     */
    Cancellable await(Subscriber subscriber, FeedRequest request, SseEncoder encoder, Position at, Context context) {
        Place place = new Place(request.stream(), request.narrower().map(Narrower::text), at);
        Row row = rows.computeIfAbsent(place, Row::new);
        if (row.subscribers.isEmpty()) {
            row.reading = read(row, request, encoder, context);
        }
        row.subscribers.add(subscriber);
        return () -> row.leave(subscriber);
    }

    private static Cancellable read(Row row, FeedRequest request, SseEncoder encoder, Context context) {
        Position at = row.place.at();
        return request.stream()
                .next(at)
                .map(reading -> encoder.encode(reading, at, request.narrower()))
                .emitOn(command -> context.runOnContext(_ -> command.run()))
                .subscribe()
                .with(
                        encoded -> row.tell(subscriber -> subscriber.take(encoded)),
                        failure -> row.tell(subscriber -> subscriber.failed(failure)));
    }
}
