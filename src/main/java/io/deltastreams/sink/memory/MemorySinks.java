package io.deltastreams.sink.memory;

import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Sink;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The kind {@code memory}. Sinks of one pipeline and stream share one target, which so outlives them. */
@Singleton
@Identifier("memory") public final class MemorySinks implements Sink.Factory {

    private static final int DEFAULT_LIMIT = 100_000;

    private final Map<Name, MemoryTarget> targets = new ConcurrentHashMap<>();

    private record Name(String pipeline, StreamId stream) {}

    /** Settings: {@code limit}, how many deltas are kept before the oldest go. */
    @Override
    public Sink create(String pipeline, StreamId stream, Settings settings) {
        int limit = settings.number("limit", DEFAULT_LIMIT, 1, 10_000_000);
        return new MemorySink(targets.computeIfAbsent(new Name(pipeline, stream), _ -> new MemoryTarget(limit)));
    }

    /** What sinks of this pipeline and stream write to. */
    public MemoryTarget target(String pipeline, StreamId stream) {
        return targets.computeIfAbsent(new Name(pipeline, stream), _ -> new MemoryTarget(DEFAULT_LIMIT));
    }
}
