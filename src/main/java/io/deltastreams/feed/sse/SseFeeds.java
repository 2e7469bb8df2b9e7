package io.deltastreams.feed.sse;

import io.deltastreams.change.Position;
import io.deltastreams.codec.Codec;
import io.deltastreams.feed.FedStreams;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.FeedRequest;
import io.deltastreams.feed.Refusal;
import io.deltastreams.feed.Subscribers;
import io.smallrye.common.annotation.Identifier;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/** {@code GET /feeds/{stream}}: checks the request off the event loop, then opens a subscription on it. */
@Singleton
final class SseFeeds {

    private static final Logger LOG = Logger.getLogger(SseFeeds.class);
    private static final Set<String> SENT = Set.of("text/event-stream", "text/*", "*/*");
    private static final Pattern COMMA = Pattern.compile(",");
    private static final Pattern SEMICOLON = Pattern.compile("\\s*;\\s*");
    private static final Pattern NEVER = Pattern.compile("q=0(\\.0*)?");

    private final FedStreams streams;
    private final SseEncoder encoder;
    private final SseEncoder textualBigints;
    private final FeedConfig config;
    private final Subscribers subscribers;

    @Inject
    SseFeeds(
            FedStreams streams,
            @Identifier("json") Codec codec,
            @Identifier("json-bigint-string") Codec textual,
            FeedConfig config,
            Subscribers subscribers) {
        positive("heartbeat", config.heartbeat());
        positive("progress", config.progress());
        positive("stall-timeout", config.stallTimeout());
        this.streams = streams;
        this.encoder = new SseEncoder(codec, config.errorRetry());
        this.textualBigints = new SseEncoder(textual, config.errorRetry());
        this.config = config;
        this.subscribers = subscribers;
    }

    private static void positive(String key, Duration value) {
        if (!value.isPositive()) {
            throw new IllegalArgumentException(
                    "delta-streams.feed.%s must be longer than nothing, 5s for example, not %s".formatted(key, value));
        }
    }

    void routes(@Observes Router router) {
        router.route("/feeds/:stream").handler(this::handle);
    }

    private void handle(RoutingContext http) {
        if (!HttpMethod.GET.equals(http.request().method())) {
            http.response().putHeader(HttpHeaders.ALLOW, "GET");
            refuse(http, Refusal.of(405, "a feed is read with GET"));
        } else if (!accepts(http)) {
            refuse(http, Refusal.of(406, "a feed is sent as 'Accept: text/event-stream'"));
        } else {
            open(http);
        }
    }

    private static boolean accepts(RoutingContext http) {
        String accept = http.request().getHeader(HttpHeaders.ACCEPT);
        return accept == null || accept.isBlank() || COMMA.splitAsStream(accept).anyMatch(SseFeeds::isEventStream);
    }

    private static boolean isEventStream(String range) {
        List<String> parts =
                SEMICOLON.splitAsStream(range.strip().toLowerCase(Locale.ROOT)).toList();
        return SENT.contains(parts.getFirst()) && parts.stream().noneMatch(NEVER.asMatchPredicate());
    }

    private void open(RoutingContext http) {
        Context context = Vertx.currentContext();
        http.vertx()
                .executeBlocking(() -> read(http), false)
                .compose(request -> Future.fromCompletionStage(
                                request.start().in(request.stream()).subscribeAsCompletionStage(), context)
                        .compose(after -> subscribe(http, context, request, after)))
                .onFailure(failure -> refuse(http, failure));
    }

    private FeedRequest read(RoutingContext http) throws Refusal {
        return FeedRequest.read(
                streams,
                http.pathParam("stream"),
                http.queryParams(),
                Optional.ofNullable(http.request().getHeader("Last-Event-ID")));
    }

    private Future<Void> subscribe(RoutingContext http, Context context, FeedRequest request, Position after) {
        HttpServerResponse response = http.response();
        if (response.closed()) {
            return Future.succeededFuture();
        }
        SseEncoder fitting = streams.hasTextualBigints(request.stream().id()) ? textualBigints : encoder;
        SseSubscription subscription = new SseSubscription(request, fitting, config, context, response);
        try {
            Subscribers.Seat seat = subscribers.admit(subscription::end);
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

    private void refuse(RoutingContext http, Throwable failure) {
        HttpServerResponse response = http.response();
        if (response.closed() || response.ended()) {
            return;
        }
        if (failure instanceof Refusal refusal) {
            answer(response, refusal);
        } else {
            LOG.errorf(failure, "feed request failed path=%s", http.normalizedPath());
            answer(response, Refusal.of(500, "the feed failed; the service's log says why"));
        }
    }

    private void answer(HttpServerResponse response, Refusal refusal) {
        if (refusal.status() == 503) {
            response.putHeader(
                    HttpHeaders.RETRY_AFTER,
                    Long.toString(Math.max(1, config.retry().toSeconds())));
        }
        response.setStatusCode(refusal.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/problem+json")
                .end(refusal.toJson().encode());
    }
}
