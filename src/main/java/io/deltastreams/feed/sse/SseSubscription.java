package io.deltastreams.feed.sse;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Start;
import io.deltastreams.log.LogClosed;
import io.deltastreams.state.Unavailable;
import io.deltastreams.stream.StreamRows;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber: asks for a reading, writes it piece by piece, each when the socket has taken the one before, and then asks for the next.
 * So a subscriber that does not read its socket holds up nobody (Invariant 5), and what it leaves unread for long is let go but for the
 * piece under way, to be read again (Invariant 8). Runs on its connection's event loop.
 */
final class SseSubscription implements Abreast.Subscriber {

    private static final Logger LOG = Logger.getLogger(SseSubscription.class);
    private static final long TICK_MILLIS = 1000;
    /** Bytes from which on a write waits for a turn of its own. */
    private static final int LARGE = 16 << 10;

    private final FeedRequest request;
    private final SseEncoder encoder;
    private final Abreast abreast;
    private final FeedConfig config;
    private final Context context;
    private final HttpServerResponse response;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    /** Shapes told at the beginning, before it is known which table's deltas have them. */
    private final Set<Schema> announced = new HashSet<>();

    private final Map<TableId, Schema> told = new HashMap<>();

    /** Behind everything that was written or left out. */
    private Position position = Position.START;
    /** When what stands before that was committed. */
    private Optional<Instant> committedAt = Optional.empty();
    /** The last id that was written. */
    private Position sent = Position.START;
    /** Whether {@link #sent} is inside a transaction. */
    private boolean within;

    /** Whose rows are told right now; null while changes are. */
    private @Nullable StreamRows rows;

    private long rowsTold;

    private Iterator<Encoded.Piece> pieces = Collections.emptyIterator();
    /** Whether the rest of the reading under way was let go. */
    private boolean letGo;

    private int writes;
    /** When the socket last took something, or was first given something to take. */
    private long moved = System.nanoTime();

    private long progressed = System.nanoTime();
    private Cancellable waiting = () -> {};
    /** Whether the answer's end was written, or there is nobody to write it to. */
    private boolean ended;

    private long timer = -1;

    /**
     * Made and started on the connection's event loop, which {@code context} is.
     *
     * @param abreast the subscribers of that loop
     */
    SseSubscription(
            FeedRequest request,
            SseEncoder encoder,
            Abreast abreast,
            FeedConfig config,
            Context context,
            HttpServerResponse response) {
        this.request = request;
        this.encoder = encoder;
        this.abreast = abreast;
        this.config = config;
        this.context = context;
        this.response = response;
    }

    /** Completes when the subscriber is gone. */
    CompletableFuture<Void> done() {
        return done;
    }

    void start(Position after) {
        position = after;
        sent = after;
        announced.addAll(request.shapes());
        request.stream().subscribers().incrementAndGet();
        response.closeHandler(_ -> close());
        response.exceptionHandler(_ -> close());
        boolean rowsFirst = request.start() instanceof Start.Snapshot;
        String stream = request.stream().id().text();
        Duration retry = jittered(config.retry());
        Buffer opening =
                Buffer.buffer(rowsFirst ? SseEvents.opening(stream, retry) : SseEvents.opening(stream, after, retry));
        request.shapes().forEach(shape -> opening.appendBytes(SseEvents.schema(shape)));
        write(opening);
        timer = context.owner().setPeriodic(tickMillis(), _ -> tick());
        if (request.stream().isOfOtherHistory(after)) {
            take(encoder.otherHistory(after, request.stream()));
        } else if (rowsFirst) {
            refill(Position.START);
        } else {
            next();
        }
    }

    /** Half of it to one and a half: those that were cut off together do not come back together. */
    private static Duration jittered(Duration pause) {
        return pause.dividedBy(2).plusMillis(ThreadLocalRandom.current().nextLong(pause.toMillis() + 1));
    }

    /** Ends the feed; from any thread. */
    void end() {
        context.runOnContext(_ -> finish());
    }

    private void next() {
        waiting = abreast.await(this, request, encoder, position, context);
    }

    @Override
    public void take(Encoded encoded) {
        pieces = encoded.pieces().iterator();
        letGo = false;
        writePieces(encoded);
    }

    /** Tells the rows as they are now, as soon as they can be had. */
    private void refill(Position least) {
        CompletableFuture<StreamRows> asked = request.stream().rows(least);
        waiting = () -> asked.cancel(false);
        var _ = asked.whenComplete((given, failure) -> context.runOnContext(_ -> {
            if (given == null) {
                failed(Objects.requireNonNull(failure));
            } else if (ended) {
                given.close();
            } else {
                begin(given);
            }
        }));
    }

    private void begin(StreamRows given) {
        rows = given;
        rowsTold = 0;
        told.clear();
        write(Buffer.buffer(SseEvents.snapshotBegin(given.position()))).onComplete(_ -> moreRows(given));
    }

    private void moreRows(StreamRows given) {
        if (ended) {
            return;
        }
        waiting = given.next()
                .map(piece -> piece.map(reading -> encoder.rows(reading, given.position(), request.narrower())))
                .emitOn(command -> context.runOnContext(_ -> command.run()))
                .subscribe()
                .with(piece -> piece.ifPresentOrElse(this::take, () -> endRows(given)), this::failed);
    }

    private void take(SseEncoder.Rows piece) {
        rowsTold += piece.count();
        take(piece.encoded());
    }

    private void endRows(StreamRows given) {
        position = given.position();
        sent = position;
        within = false;
        closeRows();
        write(Buffer.buffer(SseEvents.snapshotEnd(position, rowsTold)));
        next();
    }

    private void closeRows() {
        StreamRows open = rows;
        rows = null;
        if (open != null) {
            open.close();
        }
    }

    /** The next piece when the socket has taken the one before, and the next reading behind the last one. */
    private void writePieces(Encoded reading) {
        while (pieces.hasNext()) {
            Encoded.Piece piece = pieces.next();
            if (request.refilled() && piece instanceof Encoded.Gap gap) {
                pieces = Collections.emptyIterator();
                write(gap.refilled().array(), 0).onComplete(_ -> {
                    if (!ended) {
                        refill(gap.upTo());
                    }
                });
                return;
            }
            if (isNews(piece)) {
                if (piece.bytes().array().length < LARGE) {
                    var _ = write(piece, reading);
                } else {
                    abreast.turns().add(() -> write(piece, reading), context);
                }
                return;
            }
        }
        StreamRows telling = rows;
        if (telling != null) {
            if (reading.ends()) {
                finish();
            } else {
                moreRows(telling);
            }
            return;
        }
        if (!letGo) {
            position = reading.upTo();
            committedAt = reading.committedAt();
            if (isDue(config.quiet())) {
                progress();
            }
        }
        if (letGo || !reading.ends()) {
            next();
        } else {
            finish();
        }
    }

    private Future<Void> write(Encoded.Piece piece, Encoded reading) {
        if (ended) {
            return Future.succeededFuture();
        }
        return write(piece.bytes().array(), 0).onComplete(_ -> {
            if (!ended) {
                delivered(piece);
                writePieces(reading);
            }
        });
    }

    private boolean isNews(Encoded.Piece piece) {
        return switch (piece) {
            case Encoded.Events _, Encoded.Gap _, Encoded.Rows _ -> true;
            case Encoded.Shape(TableId source, Schema schema, Bytes _) -> {
                Schema before = told.put(source, schema);
                yield before == null ? !announced.contains(schema) : !before.equals(schema);
            }
        };
    }

    private void delivered(Encoded.Piece piece) {
        switch (piece) {
            case Encoded.Events(Bytes _, Position upTo, boolean inside) -> {
                position = upTo;
                sent = upTo;
                within = inside;
            }
            case Encoded.Gap(Bytes _, Bytes _, Position upTo) -> {
                position = upTo;
                sent = upTo;
                within = false;
            }
            case Encoded.Shape _, Encoded.Rows _ -> {}
        }
    }

    /** An event that is larger than a chunk goes in several. */
    private Future<Void> write(byte[] bytes, int from) {
        int length = Math.min(bytes.length - from, SseEncoder.CHUNK);
        Future<Void> written = write(Buffer.buffer(length).appendBytes(bytes, from, length));
        int rest = from + length;
        return rest == bytes.length ? written : written.compose(_ -> write(bytes, rest));
    }

    private Future<Void> write(Buffer buffer) {
        return awaitWritten(response.write(buffer));
    }

    private Future<Void> awaitWritten(Future<Void> write) {
        if (writes++ == 0) {
            moved = System.nanoTime();
        }
        return write.onComplete(written -> {
            writes--;
            moved = System.nanoTime();
            if (written.failed()) {
                // The socket is gone, which is nobody's error and ends the reading.
                close();
            }
        });
    }

    /** Tells idle subscribers that the connection lives and where they stand, and parts from those that do not read. */
    private void tick() {
        long now = System.nanoTime();
        long since = now - moved;
        if (writes > 0) {
            if (since >= config.stallTimeout().toNanos()) {
                response.reset();
                close();
            } else if (since >= Duration.ofMillis(TICK_MILLIS).toNanos() && pieces.hasNext() && rows == null) {
                pieces = Collections.emptyIterator();
                letGo = true;
            }
        } else if (isDue(config.progress())) {
            progress();
        } else if (since >= config.heartbeat().toNanos()) {
            write(Buffer.buffer(SseEvents.heartbeat()));
        }
    }

    /** Whether there is something to tell of where it stands, and it was not told of that for so long. */
    private boolean isDue(Duration spacing) {
        return position.isAfter(sent) && !isInside() && System.nanoTime() - progressed >= spacing.toNanos();
    }

    private void progress() {
        progressed = System.nanoTime();
        sent = position;
        within = false;
        write(Buffer.buffer(SseEvents.progress(position, committedAt)));
    }

    /** Whether the subscriber saw a part of a transaction that it stands in. */
    private boolean isInside() {
        return within && position.epoch() == sent.epoch() && position.commit() == sent.commit();
    }

    private long tickMillis() {
        return Stream.of(config.heartbeat(), config.stallTimeout(), config.progress())
                .mapToLong(limit -> Math.max(1, limit.toMillis() / 4))
                .reduce(TICK_MILLIS, Math::min);
    }

    @Override
    public void failed(Throwable failure) {
        if (ended) {
            // What was waited for is cancelled.
            return;
        }
        if (response.closed()) {
            close();
            return;
        }
        if (failure instanceof LogClosed) {
            // The pipeline ends or starts anew: the subscriber comes back after the usual pause, here or to another
            // instance.
            finish();
            return;
        }
        if (failure instanceof Unavailable) {
            write(Buffer.buffer(
                    SseEvents.error(new JsonObject().put("message", failure.getMessage()), config.errorRetry())));
            finish();
            return;
        }
        LOG.errorf(
                failure, "feed failed stream=%s position=%s", request.stream().id(), position);
        JsonObject data = new JsonObject()
                .put("position", position.toString())
                .put("message", "the feed failed; the service's log says why");
        write(Buffer.buffer(SseEvents.error(data, config.errorRetry())));
        finish();
    }

    /** Ends the answer; of one that the socket does not take, the connection. */
    private void finish() {
        if (ended) {
            return;
        }
        ended = true;
        stopReading();
        if (writes > 0
                && System.nanoTime() - moved >= Duration.ofMillis(TICK_MILLIS).toNanos()) {
            response.reset();
            close();
        } else {
            // The subscriber is gone once it has the end: whoever waits for that may close the connection next.
            awaitWritten(response.end()).onComplete(_ -> close());
        }
    }

    private void close() {
        if (done.complete(null)) {
            ended = true;
            context.owner().cancelTimer(timer);
            stopReading();
            request.stream().subscribers().decrementAndGet();
        }
    }

    private void stopReading() {
        waiting.cancel();
        closeRows();
        pieces = Collections.emptyIterator();
    }
}
