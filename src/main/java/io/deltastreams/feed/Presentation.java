package io.deltastreams.feed;

import io.vertx.core.Future;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * A way to show a stream. Contract:
 *
 * <ol>
 *   <li>What it makes is told by its media types and never depends on anything else of the request than {@link FeedRequest} and its own
 *       parameters.
 *   <li>{@link #open} is called on the connection's event loop and does not block it; it ends the answer itself.
 *   <li>A request that it does not serve is a {@link Refusal}, thrown or as the future's failure, as long as nothing of the answer was written.
 * </ol>
 */
public interface Presentation {

    /** In lower case; the first is what {@code Accept: *}{@code /*} gets. */
    List<String> mediaTypes();

    /** The query parameters that are its own, beside those of every feed. */
    List<String> parameters();

    /**
     * @param mediaType which of its own
     * @return completes when the answer is under way
     */
    Future<Void> open(RoutingContext http, FeedRequest request, String mediaType) throws Refusal;
}
