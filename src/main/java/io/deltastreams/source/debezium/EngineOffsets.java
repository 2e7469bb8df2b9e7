package io.deltastreams.source.debezium;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The engine's offsets, in memory only: they begin as what the source's resume point says and end with the engine. The engine makes it by its name,
 * so it is public and takes its beginning from the engine's properties.
 */
public final class EngineOffsets implements OffsetBackingStore {

    static final String BEGINNING = "deltastreams.offset";

    private volatile @Nullable ByteBuffer offset;

    /** The offset that makes the engine stream every transaction that ends behind {@code lsn}, without its search for the place. */
    static String behind(long lsn) {
        // Without lsn_proc the engine asks the server to begin at lsn and trusts it; with it, it would first read the
        // log up to the next commit,
        // keeping each position that it meets in memory, and then begin again.
        return "{\"lsn\":%d,\"ts_usec\":0}".formatted(lsn);
    }

    @Override
    public void configure(WorkerConfig config) {
        Object beginning = config.originals().get(BEGINNING);
        if (beginning != null && !beginning.toString().isEmpty()) {
            offset = ByteBuffer.wrap(beginning.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public Future<Map<ByteBuffer, @Nullable ByteBuffer>> get(Collection<ByteBuffer> keys) {
        Map<ByteBuffer, @Nullable ByteBuffer> values = new HashMap<>();
        ByteBuffer current = offset;
        keys.forEach(key -> values.put(key, current == null ? null : current.duplicate()));
        return CompletableFuture.completedFuture(values);
    }

    @Override
    public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, @Nullable Callback<Void> callback) {
        values.values().forEach(value -> offset = value);
        if (callback != null) {
            callback.onCompletion(null, null);
        }
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connectorName) {
        return Set.of();
    }
}
