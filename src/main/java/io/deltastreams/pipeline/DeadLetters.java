package io.deltastreams.pipeline;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import io.deltastreams.sink.DeadLetter;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.stream.Rejections;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What streams and outputs could not handle and were told to go on without: one file per stream, {@code <log path>/../dead-letters/<stream>.jsonl}
 * (Invariant 7). A change that is met again after a restart is written once. If there is a box, a thread of its own sends the letters there, too, so that
 * nobody waits for it; a letter is there at least once.
 */
final class DeadLetters implements Rejections, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(DeadLetters.class);

    private final Path folder;
    private final Codec codec;
    private final Optional<DeadLetterBox> box;
    private final Map<StreamId, LetterFile> files = new ConcurrentHashMap<>();
    private final Semaphore news = new Semaphore(0);
    private volatile boolean closed;
    private volatile String trouble = "";
    private @Nullable Thread courier;

    /** @param codec of the format {@code json} */
    DeadLetters(Path folder, Codec codec, Optional<DeadLetterBox> box) {
        this.folder = folder;
        this.codec = codec;
        this.box = box;
    }

    /** Begins to send on what waits, of these streams. */
    void start(Iterable<StreamId> streams) {
        box.ifPresent(target -> {
            streams.forEach(this::of);
            courier = Thread.ofVirtual().name("dead-letters").start(() -> sendOn(target));
        });
    }

    /** A stream's letters. */
    LetterFile of(StreamId stream) {
        return files.computeIfAbsent(stream, id -> new LetterFile(id, folder.resolve(id.text() + ".jsonl")));
    }

    @Override
    public void rejected(StreamId stream, Change change, String reason) {
        TableId table = (TableId) change.schema().relation();
        Delta asDelta = new Delta(change, table, "", Instant.EPOCH, false, false);
        keep(stream, DeadLetter.STREAM, reason, asDelta);
    }

    /** Keeps what an output refused. */
    void refused(StreamId stream, String output, Delta delta, String reason) {
        keep(stream, output, reason, delta);
    }

    private void keep(StreamId stream, String at, String reason, Delta delta) {
        String change = new String(codec.value(delta), StandardCharsets.UTF_8);
        if (of(stream).add(new DeadLetter(stream, at, delta.position(), reason, change))) {
            news.release();
        }
    }

    /** Why letters are not sent on now; empty while they are. */
    String trouble() {
        return trouble;
    }

    private void sendOn(DeadLetterBox target) {
        Backoff pauses = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));
        try {
            while (!closed) {
                try {
                    files.values().forEach(file -> sendOn(file, target));
                    trouble = "";
                    pauses.reset();
                    news.acquire();
                } catch (TargetAway | UncheckedIOException away) {
                    if (trouble.isEmpty()) {
                        LOG.warnf("dead_letters=waiting cause=\"%s\"", away.getMessage());
                    }
                    trouble = String.valueOf(away.getMessage());
                    Thread.sleep(pauses.next());
                }
                news.drainPermits();
            }
        } catch (InterruptedException _) {
            // Closed; what was not sent is sent after the next start.
        }
    }

    private static void sendOn(LetterFile file, DeadLetterBox target) {
        LetterFile.Lines lines = file.behind(file.sent());
        lines.letters().forEach(target::keep);
        if (!lines.letters().isEmpty()) {
            file.sent(lines.count());
        }
    }

    @Override
    public void close() {
        closed = true;
        box.ifPresent(DeadLetterBox::close);
        if (courier != null) {
            courier.interrupt();
        }
    }
}
