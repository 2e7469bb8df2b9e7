package io.deltastreams.feed.sse;

import io.deltastreams.change.Position;
import io.deltastreams.feed.FeedCodecs;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Presentation;
import io.deltastreams.feed.Refusal;
import io.deltastreams.feed.Subscribers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;

/** Streams as Server-Sent Events: opens a subscription on a request. */
@Singleton
@Priority(SseFeeds.FIRST)
final class SseFeeds implements Presentation {

    /** What everyone gets who accepts anything. */
    static final int FIRST = 100;

    private final FeedCodecs codecs;
    private final FeedConfig config;
    private final Subscribers subscribers;
    /** Of each event loop, which is a thread. */
    private final ThreadLocal<Abreast> abreast = ThreadLocal.withInitial(Abreast::new);

    @Inject
    SseFeeds(FeedCodecs codecs, FeedConfig config, Subscribers subscribers) {
        positive("heartbeat", config.heartbeat());
        positive("progress", config.progress());
        positive("quiet", config.quiet());
        positive("stall-timeout", config.stallTimeout());
        this.codecs = codecs;
        this.config = config;
        this.subscribers = subscribers;
    }

    private static void positive(String key, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(
                    "delta-streams.feed.%s must be longer than nothing, 5s for example, not %s".formatted(key, value));
        }
    }

    @Override
    public List<String> mediaTypes() {
        return List.of("text/event-stream");
    }

    @Override
    public List<String> parameters() {
        return List.of();
    }

    @Override
    public Future<Void> open(RoutingContext http, FeedRequest request, String mediaType) {
        Context context = Vertx.currentContext();
        return Future.fromCompletionStage(request.start().in(request.stream()).subscribeAsCompletionStage(), context)
                .compose(after -> subscribe(http, context, request, after));
    }

    private Future<Void> subscribe(RoutingContext http, Context context, FeedRequest request, Position after) {
        HttpServerResponse response = http.response();
        if (response.closed()) {
            return Future.succeededFuture();
        }
        SseEncoder encoder = new SseEncoder(codecs.of(request), config.errorRetry());
        SseSubscription subscription = new SseSubscription(request, encoder, abreast.get(), config, context, response);
        try {
            Subscribers.Seat seat = subscribers.admit(Subscribers.client(http), subscription::end);
            var _ = subscription.done().thenRun(seat::close);
        } catch (Refusal e) {
            return Future.failedFuture(e);
        }
        response.setChunked(true)
                .putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache, no-transform")
                .putHeader("X-Accel-Buffering", "no");
        subscription.start(after);
        return Future.succeededFuture();
    }
}
