package io.deltastreams.feed;

import io.deltastreams.stream.DeltaStream;

/**
 * A stream, and what the pipeline file says of its feed.
 *
 * @param shown whether it has one
 * @param textualBigints whether it writes 64-bit integers as JSON strings, for JavaScript, which rounds numbers beyond 2^53
 */
public record FedStream(DeltaStream stream, boolean shown, boolean textualBigints) {}
