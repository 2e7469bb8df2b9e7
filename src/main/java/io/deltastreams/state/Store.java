package io.deltastreams.state;

import io.deltastreams.change.Bytes;
import io.deltastreams.log.LogClosed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;
import org.rocksdb.WriteBatchWithIndex;
import org.rocksdb.WriteOptions;

/**
 * Sorted keys and values on disk, by RocksDB. Readers come from any thread; one writes. Native code is never entered after {@link #close}, which
 * waits for who is inside.
 */
final class Store implements AutoCloseable {

    private static final int BITS_PER_KEY = 10;
    private static final int OPEN_FILES = 256;

    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private final Cache cache;
    private final BloomFilter filter;
    private final Options options;
    private final RocksDB db;
    private final WriteOptions unlogged;
    private boolean closed;

    /** What stands under a key. */
    record Entry(Bytes key, Bytes value) {}

    /** What is stored does not read as it was written. */
    static final class Damaged extends IOException {

        private static final long serialVersionUID = 1L;

        private Damaged(String message, RocksDBException cause) {
            super(message, cause);
        }
    }

    /**
     * RocksDB's native code, tried once in a process: its own loader waits for ever where an earlier try has failed. What it is unpacked into is
     * removed as soon as it is loaded: 14 MB would stay behind each process that is killed, until the folder is full.
     */
    private static final class Library {

        private static final Optional<Throwable> FAILURE = load();

        private static Optional<Throwable> load() {
            try {
                Path folder = Files.createTempDirectory(unpackedBelow(), "delta-streams-rocksdb-");
                try {
                    NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
                    // Finds it loaded.
                    RocksDB.loadLibrary();
                } finally {
                    remove(folder);
                }
                return Optional.empty();
            } catch (IOException | RuntimeException | LinkageError e) {
                return Optional.of(e);
            }
        }

        private static Path unpackedBelow() {
            return Path.of(Optional.ofNullable(System.getenv("ROCKSDB_SHAREDLIB_DIR"))
                    .filter(Predicate.not(String::isEmpty))
                    .orElseGet(() -> System.getProperty("java.io.tmpdir")));
        }

        private static void remove(Path folder) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
                Files.delete(folder);
            } catch (IOException _) {
                // Not every file system lets go of what is in use, NFS among them; what is loaded works all the same.
            }
        }

        static void check() throws IOException {
            if (FAILURE.isPresent()) {
                throw new IOException(
                        ("RocksDB's native library cannot be loaded: %s; it is unpacked for that into %s (java.io.tmpdir, or what"
                                        + " ROCKSDB_SHAREDLIB_DIR names), which has to be a folder that can be written, with 15 MB of room,"
                                        + " and not be mounted noexec")
                                .formatted(FAILURE.get(), unpackedBelow()),
                        FAILURE.get());
            }
        }
    }

    /** Opens the folder's store, which is made if absent. */
    Store(Path folder, long memory) throws IOException {
        Files.createDirectories(folder);
        Library.check();
        unlogged = new WriteOptions().setDisableWAL(true);
        // Blocks that are read, and their indexes; what is written has a quarter at a time, and two while one is
        // flushed.
        cache = new LRUCache(memory / 2);
        filter = new BloomFilter(BITS_PER_KEY);
        options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(memory / 4)
                .setMaxWriteBufferNumber(2)
                .setMaxOpenFiles(OPEN_FILES)
                .setKeepLogFileNum(2)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setCacheIndexAndFilterBlocks(true)
                        .setFilterPolicy(filter));
        try {
            db = RocksDB.open(options, folder.toString());
        } catch (RocksDBException e) {
            options.close();
            filter.close();
            cache.close();
            unlogged.close();
            String message = "%s: %s".formatted(folder, e.getMessage());
            Status status = e.getStatus();
            throw status != null && status.getCode() == Status.Code.Corruption
                    ? new Damaged(message, e)
                    : new IOException(message, e);
        }
    }

    /** Work inside the native library. */
    @FunctionalInterface
    private interface Inside<T> {
        T call() throws RocksDBException;
    }

    private <T> T inside(Inside<T> work) throws IOException {
        gate.readLock().lock();
        try {
            if (closed) {
                // Closing, or about to be opened anew.
                throw new LogClosed();
            }
            return work.call();
        } catch (RocksDBException e) {
            throw new IOException("the state's store: " + e.getMessage(), e);
        } finally {
            gate.readLock().unlock();
        }
    }

    Optional<byte[]> get(byte[] key) throws IOException {
        return inside(() -> Optional.ofNullable(db.get(key)));
    }

    /** What changes together. */
    final class Write implements AutoCloseable {

        private final WriteBatchWithIndex batch = new WriteBatchWithIndex(true);

        void put(byte[] key, byte[] value) throws IOException {
            inside(() -> {
                batch.put(key, value);
                return true;
            });
        }

        void delete(byte[] key) throws IOException {
            inside(() -> {
                batch.delete(key);
                return true;
            });
        }

        /** As it will be. */
        Optional<byte[]> get(byte[] key) throws IOException {
            try (ReadOptions reading = new ReadOptions()) {
                return inside(() -> Optional.ofNullable(batch.getFromBatchAndDB(db, reading, key)));
            }
        }

        /** The first key that begins so, as it will be. */
        Optional<byte[]> first(byte[] prefix) throws IOException {
            return inside(() -> {
                try (RocksIterator at = batch.newIteratorWithBase(db.newIterator())) {
                    at.seek(prefix);
                    boolean found = at.isValid() && startsWith(at.key(), prefix);
                    at.status();
                    return found ? Optional.of(at.key()) : Optional.empty();
                }
            });
        }

        void commit() throws IOException {
            inside(() -> {
                db.write(unlogged, batch);
                return true;
            });
        }

        @Override
        public void close() {
            batch.close();
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** The store as it is now, for as long as it is open. */
    final class Moment implements AutoCloseable {

        private final Snapshot snapshot;
        private boolean busy;
        private boolean released;

        private Moment(Snapshot snapshot) {
            this.snapshot = snapshot;
        }

        /** Entries from a key on, before another one, until they weigh enough. */
        List<Entry> scan(byte[] from, byte[] before, long maxBytes) throws IOException {
            synchronized (this) {
                if (released) {
                    throw new IOException("the rows are closed");
                }
                busy = true;
            }
            try {
                return inside(() -> read(from, before, maxBytes));
            } finally {
                synchronized (this) {
                    busy = false;
                    if (released) {
                        release(snapshot);
                    }
                }
            }
        }

        private List<Entry> read(byte[] from, byte[] before, long maxBytes) throws RocksDBException {
            List<Entry> entries = new ArrayList<>();
            long bytes = 0;
            // Made for each piece: an iterator kept between them would keep what was flushed meanwhile in memory.
            try (Slice end = new Slice(before);
                    ReadOptions reading = new ReadOptions()
                            .setSnapshot(snapshot)
                            .setFillCache(false)
                            .setIterateUpperBound(end);
                    RocksIterator at = db.newIterator(reading)) {
                for (at.seek(from); at.isValid() && bytes < maxBytes; at.next()) {
                    Entry entry = new Entry(new Bytes(at.key()), new Bytes(at.value()));
                    entries.add(entry);
                    bytes += entry.key().array().length + (long) entry.value().array().length;
                }
                at.status();
            }
            return entries;
        }

        /** Whoever scans right now comes to an end first, and is not waited for. */
        @Override
        public synchronized void close() {
            if (!released) {
                released = true;
                if (!busy) {
                    release(snapshot);
                }
            }
        }
    }

    Moment moment() throws IOException {
        return inside(() -> new Moment(db.getSnapshot()));
    }

    private void release(Snapshot snapshot) {
        gate.readLock().lock();
        try {
            if (!closed) {
                db.releaseSnapshot(snapshot);
            }
        } finally {
            gate.readLock().unlock();
        }
    }

    /** Removes a range of keys; for what nothing refers to any more. */
    void drop(byte[] from, byte[] before) throws IOException {
        inside(() -> {
            db.deleteRange(unlogged, from, before);
            return true;
        });
    }

    /** Everything that was committed is on disk, and synced, once this returns. */
    void flush() throws IOException {
        inside(() -> {
            try (FlushOptions waiting = new FlushOptions().setWaitForFlush(true)) {
                db.flush(waiting);
            }
            return true;
        });
    }

    /** About how many bytes it takes on disk. */
    long bytes() throws IOException {
        return inside(() -> db.getLongProperty("rocksdb.total-sst-files-size"));
    }

    @Override
    public void close() {
        gate.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                db.close();
                unlogged.close();
                options.close();
                filter.close();
                cache.close();
            }
        } finally {
            gate.writeLock().unlock();
        }
    }

    static byte[] ascii(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
