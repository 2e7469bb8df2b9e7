package io.deltastreams.log;

import io.deltastreams.change.BinaryWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes records to the last segment's file and syncs them. One thread. */
final class SegmentWriter {

    private record Written(BatchHead head, int offset, int end) {}

    private final LogSettings settings;
    private final Segments segments;
    private final Patience patience;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private final List<Written> unsynced = new ArrayList<>();
    private @Nullable FileChannel channel;
    private int end;

    SegmentWriter(LogSettings settings, Segments segments, Patience patience) throws IOException {
        this.settings = settings;
        this.segments = segments;
        this.patience = patience;
        if (!segments.list().isEmpty()) {
            Segment active = segments.list().getLast();
            channel = FileChannel.open(active.file(), StandardOpenOption.WRITE);
            end = active.size();
            channel.position(end);
        }
    }

    /** Ends the segment so far and begins the next; what was written is synced before. */
    void begin(SegmentHeader header) throws IOException {
        if (channel != null) {
            channel.close();
            patience.with(segments.list().getLast()::writeIndex);
        }
        Path file = Segment.file(settings.path(), header.number());
        patience.with(() -> channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        FileChannel next = open();
        BinaryWriter bytes = header.encode();
        Frame.place(bytes, 0, 0);
        put(next, bytes);
        flush(next);
        force(next);
        syncFolder();
        end = bytes.size();
        segments.add(new Segment(file, header, end));
    }

    private void syncFolder() throws IOException {
        if (isDurable()) {
            try (FileChannel folder = FileChannel.open(settings.path(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        }
    }

    /** Writes a record; it counts with the next {@link #sync}. */
    void write(Encoder.Pending record) throws IOException {
        // An ephemeral log never knows what is durable, and says so: whatever reads badly after a crash is its tail.
        int durable = isDurable() ? segments.list().getLast().size() : 0;
        Frame.place(record.bytes(), end, durable);
        put(open(), record.bytes());
        int offset = end;
        end += record.bytes().size();
        unsynced.add(new Written(record.head(), offset, end));
    }

    /** Syncs what was written; from now on readers of the file see it. */
    void sync() throws IOException {
        if (unsynced.isEmpty()) {
            return;
        }
        flush(open());
        force(open());
        Segment active = segments.list().getLast();
        unsynced.forEach(written -> active.add(written.head, written.offset, written.end));
        unsynced.clear();
    }

    private FileChannel open() {
        if (channel == null) {
            throw new IllegalStateException("a record before its segment");
        }
        return channel;
    }

    private boolean isDurable() {
        return settings.durability() == LogSettings.Durability.FSYNC;
    }

    private void force(FileChannel file) throws IOException {
        if (isDurable()) {
            file.force(false);
        }
    }

    /** Through one direct buffer: small records share a call, and large ones do not make the JDK keep a direct copy of their size. */
    private void put(FileChannel file, BinaryWriter bytes) throws IOException {
        int from = 0;
        while (from < bytes.size()) {
            if (!buffer.hasRemaining()) {
                flush(file);
            }
            int length = Math.min(buffer.remaining(), bytes.size() - from);
            buffer.put(bytes.array(), from, length);
            from += length;
        }
    }

    private void flush(FileChannel file) throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            patience.with(() -> file.write(buffer));
        }
        buffer.clear();
    }

    void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
