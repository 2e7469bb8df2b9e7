package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Part of a segment file in memory. Every reader has its own: a file that retention removes stays readable while open, and an interrupted
 * reader closes nobody else's channel.
 */
final class Window implements Closeable {

    private static final int LEAST = 1 << 16;

    private final Path file;
    private final FileChannel channel;
    private final long end;
    private byte[] array = new byte[LEAST];
    private long start;
    private int length;

    /** @param end what stands behind it is not there for this reader */
    private Window(Path file, FileChannel channel, long end) {
        this.file = file;
        this.channel = channel;
        this.end = end;
    }

    static Window of(Segment segment) throws IOException {
        return new Window(segment.file(), FileChannel.open(segment.file(), StandardOpenOption.READ), segment.size());
    }

    static Window of(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        return new Window(file, channel, channel.size());
    }

    long end() {
        return end;
    }

    byte[] array() {
        return array;
    }

    /** Where in {@link #array} the bytes stand, until the next call; -1 if the file ends before. */
    int at(long offset, int wanted) throws IOException {
        if (wanted > end - offset) {
            return -1;
        }
        if (offset < start || offset + wanted > start + length) {
            fill(offset, wanted);
        }
        return wanted > length - (offset - start) ? -1 : (int) (offset - start);
    }

    private void fill(long offset, int wanted) throws IOException {
        if (array.length < wanted) {
            array = new byte[wanted];
        }
        ByteBuffer buffer = ByteBuffer.wrap(array, 0, (int) Math.min(array.length, end - offset));
        while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
            // A read may give less than asked for.
        }
        start = offset;
        length = buffer.position();
    }

    /** The frame at this offset; null if there is none, or none whose record the file holds whole. */
    @Nullable Frame frame(int offset) throws IOException {
        int at = at(offset, Frame.SIZE);
        return at < 0 ? null : Frame.parse(array, at, offset);
    }

    /** A record's head, its checksum tested. */
    BinaryReader head(Frame frame, int offset) throws IOException {
        int at = at(offset + Frame.SIZE, frame.headLength());
        if (at < 0 || !frame.headFits(array, at)) {
            throw damaged(offset, "the record's head does not fit its checksum", null);
        }
        return new BinaryReader(array, at, frame.headLength());
    }

    /** A record's payload, its checksum tested; there until the window moves on. */
    BinaryReader payload(Frame frame, int offset) throws IOException {
        int at = at((long) offset + Frame.SIZE + frame.headLength(), frame.payloadLength());
        if (at < 0 || !frame.payloadFits(array, at)) {
            throw damaged(offset, "the record's payload does not fit its checksum", null);
        }
        return new BinaryReader(array, at, frame.payloadLength());
    }

    DamagedLog damaged(long offset, String what, @Nullable Throwable cause) {
        return new DamagedLog(file, offset, what, cause);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
