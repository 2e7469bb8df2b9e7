package io.deltastreams.feed.page;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Narrower;
import io.deltastreams.feed.Refusal;
import io.deltastreams.state.Unavailable;
import io.deltastreams.stream.Reading;
import io.deltastreams.stream.StreamRows;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * A stream's rows as they are now, in one answer of any length: the next piece is read when the one before is taken, so that it costs the memory of a
 * piece. Of one context.
 *
 * <p>What it cannot bring to its end it cuts off, so that nobody takes it for whole.
 */
final class RowsAnswer {

    private static final byte[] NEWLINE = {'\n'};
    private static final byte[] SEPARATOR = {',', '\n'};

    private final FeedRequest request;
    private final Codec codec;
    private final boolean lines;
    private final Duration stall;
    private final HttpServerResponse response;
    private final Context context;
    private final Promise<Void> done = Promise.promise();
    private boolean any;

    /**
     * @param lines a line for each row; else one JSON document
     * @param stall how long a socket may take nothing
     */
    RowsAnswer(
            FeedRequest request,
            Codec codec,
            boolean lines,
            Duration stall,
            HttpServerResponse response,
            Context context) {
        this.request = request;
        this.codec = codec;
        this.lines = lines;
        this.stall = stall;
        this.response = response;
        this.context = context;
    }

    /**
     * Waits for the rows.
     *
     * @param over completes when nobody waits any more, or has waited long enough
     * @return fails with the refusal where there are none
     */
    static Future<StreamRows> await(FeedRequest request, CompletableFuture<Void> over, Context context) {
        CompletableFuture<StreamRows> asked = request.stream().rows(Position.START);
        var _ = over.thenRun(() -> asked.cancel(false));
        return Future.fromCompletionStage(asked, context).recover(failure -> Future.failedFuture(refusal(failure)));
    }

    private static Throwable refusal(Throwable failure) {
        return switch (failure) {
            case Unavailable unavailable -> Refusal.of(503, String.valueOf(unavailable.getMessage()));
            case CancellationException _ ->
                Refusal.of(
                        503,
                        "the rows are not all there yet; GET /feeds tells what is missing, ?wait=60s waits longer");
            default -> failure;
        };
    }

    /** Sends the rows, behind headers that are there already, and closes them. */
    Future<Void> send(StreamRows rows) {
        response.setChunked(true);
        if (!lines) {
            String opening = new JsonObject()
                    .put("stream", request.stream().id().text())
                    .put("next", rows.position().toString())
                    .put("more", request.stream().latest().isAfter(rows.position()))
                    .encode();
            write(Buffer.buffer(opening.substring(0, opening.length() - 1)).appendString(",\"deltas\":["), rows);
        } else {
            more(rows);
        }
        return done.future().onComplete(_ -> rows.close());
    }

    private void more(StreamRows rows) {
        var _ = rows.next()
                .map(piece -> piece.map(this::encode))
                .emitOn(command -> context.runOnContext(_ -> command.run()))
                .subscribe()
                .with(piece -> piece.ifPresentOrElse(bytes -> write(bytes, rows), this::end), _ -> cutOff());
    }

    private Buffer encode(Reading reading) {
        if (!(reading instanceof Reading.Deltas deltas)) {
            throw new Untold();
        }
        Optional<Narrower.Narrowed> narrowed = request.narrower().map(narrower -> narrower.apply(deltas.deltas()));
        if (narrowed.flatMap(Narrower.Narrowed::refused).isPresent()) {
            throw new Untold();
        }
        List<Delta> left = narrowed.map(Narrower.Narrowed::deltas).orElse(deltas.deltas());
        Buffer bytes = Buffer.buffer();
        for (Delta row : left) {
            if (!lines && any) {
                bytes.appendBytes(SEPARATOR);
            }
            bytes.appendBytes(codec.value(row));
            if (lines) {
                bytes.appendBytes(NEWLINE);
            }
            any = true;
        }
        return bytes;
    }

    private void write(Buffer bytes, StreamRows rows) {
        if (bytes.length() == 0) {
            more(rows);
            return;
        }
        long timer = context.owner().setTimer(Math.max(1, stall.toMillis()), _ -> cutOff());
        response.write(bytes).onComplete(written -> {
            context.owner().cancelTimer(timer);
            if (done.future().isComplete()) {
                return;
            }
            if (written.failed()) {
                cutOff();
            } else {
                more(rows);
            }
        });
    }

    private void cutOff() {
        response.reset();
        done.tryComplete();
    }

    private void end() {
        var _ = (lines ? response.end() : response.end("]}")).onComplete(_ -> done.tryComplete());
    }

    /** Something in the rows cannot be told. */
    private static final class Untold extends RuntimeException {

        private static final long serialVersionUID = 1L;
    }
}
