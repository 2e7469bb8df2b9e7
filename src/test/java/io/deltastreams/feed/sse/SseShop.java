package io.deltastreams.feed.sse;

import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.Shop;

/** A shop that sends events. */
final class SseShop {

    private SseShop() {}

    static Shop open(FeedConfig config) {
        return new Shop(config, (codecs, subscribers) -> new SseFeeds(codecs, config, subscribers));
    }
}
