package io.deltastreams.feed;

import io.deltastreams.change.StreamId;
import io.deltastreams.codec.Codec;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** What a stream's deltas are written with in its feed, whatever the presentation. */
@Singleton
public final class FeedCodecs {

    private final FedStreams streams;
    private final Codec json;
    private final Codec textualBigints;

    @Inject
    public FeedCodecs(
            FedStreams streams,
            @Identifier("json") Codec json,
            @Identifier("json-bigint-string") Codec textualBigints) {
        this.streams = streams;
        this.json = json;
        this.textualBigints = textualBigints;
    }

    public Codec of(StreamId stream) {
        return streams.hasTextualBigints(stream) ? textualBigints : json;
    }
}
