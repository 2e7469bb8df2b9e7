package io.deltastreams.feed;

import io.deltastreams.log.LogClosed;
import io.quarkus.arc.All;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/** {@code GET /feeds/{stream}}: finds out what is asked for, off the event loop, and in which presentation, and refuses the rest. */
@Singleton
public final class Feeds {

    private static final Logger LOG = Logger.getLogger(Feeds.class);

    private final FedStreams streams;
    private final List<Presentation> presentations;
    private final FeedConfig config;
    private final Subscribers subscribers;

    private record Chosen(Presentation presentation, String mediaType) {}

    /** @param presentations the first one is for those who accept anything */
    @Inject
    public Feeds(
            FedStreams streams, @All List<Presentation> presentations, FeedConfig config, Subscribers subscribers) {
        this.streams = streams;
        this.presentations = List.copyOf(presentations);
        this.config = config;
        this.subscribers = subscribers;
    }

    public void routes(@Observes Router router) {
        router.route("/feeds/:stream").handler(this::handle);
    }

    private void handle(RoutingContext http) {
        if (!HttpMethod.GET.equals(http.request().method())) {
            http.response().putHeader(HttpHeaders.ALLOW, "GET");
            refuse(http, Refusal.of(405, "a feed is read with GET"));
            return;
        }
        if (subscribers.isDraining()) {
            refuse(http, Subscribers.shuttingDown());
            return;
        }
        Optional<Chosen> chosen = chosen(http);
        if (chosen.isEmpty()) {
            refuse(
                    http,
                    Refusal.of(406, "a feed is sent as one of 'Accept: %s'".formatted(String.join(", ", offered()))));
        } else {
            open(http, chosen.get());
        }
    }

    private List<String> offered() {
        return presentations.stream()
                .flatMap(presentation -> presentation.mediaTypes().stream())
                .toList();
    }

    /** By what is accepted most (RFC 9110, section 12.5.1). */
    private Optional<Chosen> chosen(RoutingContext http) {
        String accept = http.request().getHeader(HttpHeaders.ACCEPT);
        if (accept == null || accept.isBlank()) {
            return first("*", "*");
        }
        for (MIMEHeader range : http.parsedHeaders().accept()) {
            Optional<Chosen> found =
                    range.weight() > 0 ? first(range.component(), range.subComponent()) : Optional.empty();
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Chosen> first(String type, String subtype) {
        for (Presentation presentation : presentations) {
            for (String mediaType : presentation.mediaTypes()) {
                int slash = mediaType.indexOf('/');
                if (matches(type, mediaType.substring(0, slash)) && matches(subtype, mediaType.substring(slash + 1))) {
                    return Optional.of(new Chosen(presentation, mediaType));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean matches(String asked, String offered) {
        return asked.equals("*") || asked.equalsIgnoreCase(offered);
    }

    private void open(RoutingContext http, Chosen chosen) {
        http.vertx()
                .executeBlocking(() -> read(http, chosen.presentation()), false)
                .compose(request -> {
                    HttpServerResponse response = http.response();
                    if (response.closed()) {
                        return Future.succeededFuture();
                    }
                    // One address has several representations.
                    response.putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT);
                    try {
                        return chosen.presentation().open(http, request, chosen.mediaType());
                    } catch (Refusal e) {
                        return Future.failedFuture(e);
                    }
                })
                .onFailure(failure -> refuse(http, failure));
    }

    private FeedRequest read(RoutingContext http, Presentation presentation) throws Refusal {
        for (Presentation other : presentations) {
            for (String name : other.parameters()) {
                if (http.queryParams().contains(name)
                        && !presentation.parameters().contains(name)) {
                    throw Refusal.ofParameter(
                            name,
                            "'%s' is not for 'Accept: %s'"
                                    .formatted(name, presentation.mediaTypes().getFirst()));
                }
            }
        }
        return FeedRequest.read(
                streams,
                http.pathParam("stream"),
                http.queryParams(),
                Optional.ofNullable(http.request().getHeader("Last-Event-ID")),
                presentation.parameters());
    }

    private void refuse(RoutingContext http, Throwable failure) {
        HttpServerResponse response = http.response();
        if (response.closed() || response.ended()) {
            return;
        }
        if (failure instanceof Refusal refusal) {
            answer(response, refusal);
        } else if (failure instanceof LogClosed) {
            answer(response, Refusal.of(503, "the pipeline ends or starts anew; try again in a moment"));
        } else if (subscribers.isDraining()) {
            // What it is answered from may be gone already.
            answer(response, Subscribers.shuttingDown());
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
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(refusal.toJson().encode());
    }
}
