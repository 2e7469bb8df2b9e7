package io.deltastreams.feed.sse;

import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.feed.FeedConfig;
import io.deltastreams.feed.Shop;
import java.util.List;

/** A shop that sends events. */
final class SseShop {

    private SseShop() {}

    static Shop open(FeedConfig config) {
        JsonCodecs codecs = new JsonCodecs();
        return new Shop(
                config,
                (streams, subscribers) -> List.of(
                        new SseFeeds(streams, codecs.json(), codecs.jsonWithTextualBigints(), config, subscribers)));
    }
}
