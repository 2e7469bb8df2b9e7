package io.deltastreams.feed.page;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Position;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FeedCodecs;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.GapJson;
import io.deltastreams.feed.Presentation;
import io.deltastreams.feed.Refusal;
import io.deltastreams.feed.Start;
import io.deltastreams.feed.Subscribers;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Streams as pages. A page that is settled may be kept by any cache for good, under an address that says what it is read behind; the page at a
 * stream's end has to be asked for again, which its {@code ETag} makes cheap.
 */
@Singleton
final class Pages implements Presentation {

    private static final String JSON = "application/json";
    private static final String LINES = "application/x-ndjson";
    private static final byte[] NEWLINE = {'\n'};

    /** So many pages are made or under way at a time, each of a megabyte or little more (Invariant 8). */
    private static final int AT_ONCE = 32;

    private static final Duration TURN = Duration.ofSeconds(10);
    /** How long rows are waited for at least, while the state catches up. */
    private static final Duration ROWS = Duration.ofSeconds(10);

    private final FeedCodecs codecs;
    private final FeedConfig config;
    private final Subscribers subscribers;
    private final Semaphore room = new Semaphore(AT_ONCE, true);

    @Inject
    Pages(FeedCodecs codecs, FeedConfig config, Subscribers subscribers) {
        if (config.pageAge().isNegative()) {
            throw new IllegalArgumentException(
                    "delta-streams.feed.page-age must not be below nothing, which %s is".formatted(config.pageAge()));
        }
        this.codecs = codecs;
        this.config = config;
        this.subscribers = subscribers;
    }

    @Override
    public List<String> mediaTypes() {
        return List.of(JSON, LINES);
    }

    @Override
    public List<String> parameters() {
        return Wanted.PARAMETERS;
    }

    /** What is held while a page is made and taken. */
    private final class Turn {

        private final Subscribers.Seat seat;
        private final CompletableFuture<Void> cancelled;
        private final AtomicBoolean inRoom = new AtomicBoolean();

        private Turn(Subscribers.Seat seat, CompletableFuture<Void> cancelled) {
            this.seat = seat;
            this.cancelled = cancelled;
        }

        private void enter() throws Refusal, InterruptedException {
            if (!room.tryAcquire(TURN.toNanos(), TimeUnit.NANOSECONDS)) {
                throw Refusal.of(
                        503, "%d pages are under way, no more than that at a time; try later".formatted(AT_ONCE));
            }
            inRoom.set(true);
        }

        private void leave() {
            if (inRoom.getAndSet(false)) {
                room.release();
            }
        }

        /** Waits until something stands behind a position, which may be other streams', for so long at most. */
        private void await(Uni<Void> beyond, long nanos) {
            Uni.join()
                    .first(beyond, Uni.createFrom().completionStage(cancelled::copy))
                    .toTerminate()
                    .ifNoItem()
                    .after(Duration.ofNanos(nanos))
                    .recoverWithUni(() -> Uni.createFrom().voidItem())
                    .await()
                    .indefinitely();
        }

        private void end() {
            cancelled.complete(null);
            leave();
            seat.close();
        }
    }

    @Override
    public Future<Void> open(RoutingContext http, FeedRequest request, String mediaType) throws Refusal {
        Wanted wanted = Wanted.read(http.queryParams());
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        Turn turn = new Turn(subscribers.admit(Subscribers.client(http), () -> cancelled.complete(null)), cancelled);
        http.response().closeHandler(_ -> cancelled.complete(null));
        Context context = Vertx.currentContext();
        if (request.start() instanceof Start.Snapshot) {
            return rows(http, request, mediaType, wanted, cancelled, context).onComplete(_ -> turn.end());
        }
        return Future.fromCompletionStage(request.start().in(request.stream()).subscribeAsCompletionStage(), context)
                .compose(after -> Future.fromCompletionStage(page(request, wanted, after, turn), context))
                .compose(page -> answer(http, request, mediaType, page))
                .onComplete(_ -> turn.end());
    }

    private Future<Void> rows(
            RoutingContext http,
            FeedRequest request,
            String mediaType,
            Wanted wanted,
            CompletableFuture<Void> cancelled,
            Context context) {
        HttpServerResponse response = http.response();
        Duration patience = wanted.patience().compareTo(ROWS) > 0 ? wanted.patience() : ROWS;
        long timer = http.vertx().setTimer(patience.toMillis(), _ -> cancelled.complete(null));
        return RowsAnswer.await(request, cancelled, context).compose(rows -> {
            http.vertx().cancelTimer(timer);
            if (response.closed()) {
                rows.close();
                return Future.succeededFuture();
            }
            head(http, mediaType, rows.position()).putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
            return new RowsAnswer(
                            request,
                            codecs.of(request),
                            mediaType.equals(LINES),
                            config.stallTimeout(),
                            response,
                            context)
                    .send(rows);
        });
    }

    /** What an answer says of the next page, whose address is the same for equal ones. */
    private static HttpServerResponse head(RoutingContext http, String mediaType, Position next) {
        return http.response()
                .putHeader(HttpHeaders.VARY, "Accept, Last-Event-ID")
                .putHeader("Link", "<?after=%s%s>; rel=\"next\"".formatted(next, others(http)))
                .putHeader("DS-Next", next.toString())
                .putHeader(HttpHeaders.CONTENT_TYPE, mediaType.equals(JSON) ? JSON : LINES);
    }

    private CompletableFuture<Page> page(FeedRequest request, Wanted wanted, Position after, Turn turn) {
        Codec codec = codecs.of(request);
        CompletableFuture<Page> made = new CompletableFuture<>();
        Thread.ofVirtual().name("feed-page").start(() -> {
            try {
                made.complete(page(request, codec, wanted, after, turn));
            } catch (Exception | Error e) {
                made.completeExceptionally(e);
            }
        });
        return made;
    }

    /** An empty page is one that waited long enough, or as long as its reader did. */
    private static Page page(FeedRequest request, Codec codec, Wanted wanted, Position after, Turn turn)
            throws Refusal, InterruptedException {
        long end = System.nanoTime() + wanted.patience().toNanos();
        Position at = after;
        while (true) {
            turn.enter();
            Page page = new PageReader(request, codec, wanted, turn.cancelled).read(at);
            long left = end - System.nanoTime();
            if (!page.deltas().isEmpty() || page.gap().isPresent() || page.more() || left <= 0) {
                return page.behind(after);
            }
            turn.leave();
            at = page.next();
            turn.await(request.stream().beyond(at), left);
            if (turn.cancelled.isDone()) {
                throw Subscribers.shuttingDown();
            }
        }
    }

    private Future<Void> answer(RoutingContext http, FeedRequest request, String mediaType, Page page) {
        HttpServerResponse response = http.response();
        if (response.closed()) {
            return Future.succeededFuture();
        }
        String tag = "\"%s-%s\"".formatted(page.after(), page.next());
        boolean forEver = page.settled() && request.start() instanceof Start.After;
        head(http, mediaType, page.next())
                .putHeader(HttpHeaders.ETAG, tag)
                .putHeader(
                        HttpHeaders.CACHE_CONTROL,
                        forEver
                                ? "public, max-age=%d, immutable"
                                        .formatted(config.pageAge().toSeconds())
                                : "no-cache");
        String known = http.request().getHeader(HttpHeaders.IF_NONE_MATCH);
        if (known != null && (known.strip().equals("*") || known.contains(tag))) {
            return response.setStatusCode(304).end();
        }
        long timer = http.vertx().setTimer(Math.max(1, config.stallTimeout().toMillis()), _ -> response.reset());
        Future<Void> taken = response.end(mediaType.equals(JSON) ? json(request, page) : lines(page));
        return taken.onComplete(_ -> http.vertx().cancelTimer(timer));
    }

    /** The parameters that the next page is asked for with, too. */
    private static String others(RoutingContext http) {
        StringBuilder others = new StringBuilder();
        for (Map.Entry<String, String> parameter : http.queryParams()) {
            if (!parameter.getKey().equals("after") && !parameter.getKey().equals("from")) {
                others.append('&')
                        .append(encoded(parameter.getKey()))
                        .append('=')
                        .append(encoded(parameter.getValue()));
            }
        }
        return others.toString();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static Buffer json(FeedRequest request, Page page) {
        JsonObject head = new JsonObject()
                .put("stream", request.stream().id().text())
                .put("after", page.after().toString())
                .put("next", page.next().toString())
                .put("more", page.more());
        page.gap().ifPresent(gap -> head.put("gap", GapJson.ofEpoch(gap.after(), gap.beginsAt())));
        String opening = head.encode();
        Buffer body = Buffer.buffer(opening.substring(0, opening.length() - 1)).appendString(",\"deltas\":[");
        String separator = "";
        for (Bytes delta : page.deltas()) {
            body.appendString(separator).appendBytes(delta.array());
            separator = ",\n";
        }
        return body.appendString("]}");
    }

    private static Buffer lines(Page page) {
        Buffer body = Buffer.buffer();
        page.gap()
                .ifPresent(gap -> body.appendString(new JsonObject()
                                .put("gap", GapJson.ofEpoch(gap.after(), gap.beginsAt()))
                                .encode())
                        .appendBytes(NEWLINE));
        page.deltas().forEach(delta -> body.appendBytes(delta.array()).appendBytes(NEWLINE));
        return body;
    }
}
