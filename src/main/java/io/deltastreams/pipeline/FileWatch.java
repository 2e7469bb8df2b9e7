package io.deltastreams.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Calls back when a file is written; in dev mode, so that an edited pipeline file takes effect at once. */
final class FileWatch implements AutoCloseable {

    /** Editors write a file in several steps; this long after the first one it is taken as written. */
    private static final long SETTLE_MILLIS = 200;

    private final WatchService service;

    private FileWatch(WatchService service) {
        this.service = service;
    }

    static FileWatch start(Path file, Runnable changed) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file lies in a folder");
        try {
            WatchService service = file.getFileSystem().newWatchService();
            folder.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
            Thread.ofVirtual()
                    .name("delta-streams-file-watch")
                    .start(() -> watch(service, file.getFileName(), changed));
            return new FileWatch(service);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot watch " + folder, e);
        }
    }

    private static void watch(WatchService service, Path name, Runnable changed) {
        try {
            while (true) {
                WatchKey key = service.take();
                TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
                boolean ours = key.pollEvents().stream().anyMatch(event -> name.equals(event.context()));
                key.reset();
                if (ours) {
                    changed.run();
                }
            }
        } catch (ClosedWatchServiceException _) {
            return;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            service.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
