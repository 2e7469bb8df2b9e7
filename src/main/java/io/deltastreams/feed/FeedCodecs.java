package io.deltastreams.feed;

import io.deltastreams.codec.Codec;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** What a stream's deltas are written with in its feed, whatever the presentation. */
@Singleton
public final class FeedCodecs {

    private final Codec json;
    private final Codec textualBigints;

    @Inject
    public FeedCodecs(@Identifier("json") Codec json, @Identifier("json-bigint-string") Codec textualBigints) {
        this.json = json;
        this.textualBigints = textualBigints;
    }

    public Codec of(FeedRequest request) {
        return request.fed().textualBigints() ? textualBigints : json;
    }
}
