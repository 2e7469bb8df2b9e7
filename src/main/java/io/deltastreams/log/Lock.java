package io.deltastreams.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps a folder to one log, in this process and in others. The system releases it when the process dies. */
final class Lock implements Closeable {

    /**
     * The folders that this process has open. Needed besides the file's lock: on POSIX systems closing any channel of a file releases the
     * process's locks on it, so that a refused second opening would unlock the first.
     */
    private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private Lock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws IOException if another log has the folder */
    static Lock take(Path path) throws IOException {
        Path folder = path.toRealPath();
        if (!OPEN.add(folder)) {
            throw inUse(folder, "another pipeline of this process");
        }
        try {
            return new Lock(folder, locked(folder));
        } catch (IOException | RuntimeException e) {
            OPEN.remove(folder);
            throw e;
        }
    }

    private static FileChannel locked(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean taken = false;
        try {
            taken = channel.tryLock() != null;
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        if (!taken) {
            throw inUse(folder, "another process");
        }
        return channel;
    }

    private static IOException inUse(Path folder, String holder) {
        return new IOException("the log in %s is in use: %s has it open. Stop that one, or choose another folder"
                .formatted(folder, holder));
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.close();
            OPEN.remove(folder);
        }
    }
}
