package io.deltastreams.log;

import io.deltastreams.change.Position;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds out what a log's folder holds: full segments by their index files, the last one by reading it. */
final class Recovery {

    private static final System.Logger LOG = System.getLogger(Recovery.class.getName());

    private final Path folder;

    Recovery(Path folder) {
        this.folder = folder;
    }

    /** The segments in order; the last one's torn tail is cut off. */
    List<Segment> segments() throws IOException {
        List<Path> files = files();
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            Path file = files.get(i);
            boolean last = i == files.size() - 1;
            Optional<Segment> header = header(file, last && (i > 0 || number(file) == 1));
            if (header.isPresent()) {
                Segment segment = header.get();
                follows(segments.isEmpty() ? null : segments.getLast(), segment);
                content(segment, last || (i == files.size() - 2 && isTorn(files.getLast())));
                segments.add(segment);
            } else {
                Files.delete(file);
                LOG.log(Level.WARNING, "log: removed {0}, which was begun but never used", file);
            }
        }
        return segments;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().matches("\\d{10}\\.log"))
                    .sorted()
                    .toList();
        }
    }

    private static long number(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 10));
    }

    private static boolean isTorn(Path file) throws IOException {
        try (Window window = Window.of(file)) {
            return headerFrame(window) == null;
        }
    }

    private static @Nullable Frame headerFrame(Window window) throws IOException {
        Frame frame = window.frame(0);
        if (frame == null || frame.kind() != Frame.SEGMENT || frame.length() > window.end()) {
            return null;
        }
        int at = window.at(Frame.SIZE, frame.headLength());
        return frame.headFits(window.array(), at) ? frame : null;
    }

    /** @param mayBeTorn whether a header that does not read and has nothing behind it is no damage; then nothing is the answer */
    private static Optional<Segment> header(Path file, boolean mayBeTorn) throws IOException {
        try (Window window = Window.of(file)) {
            Frame frame = headerFrame(window);
            if (frame == null) {
                if (mayBeTorn && !wasDurable(window, 0)) {
                    return Optional.empty();
                }
                throw window.damaged(0, "the segment's header does not fit its checksum", null);
            }
            try {
                SegmentHeader header = SegmentHeader.decode(window.head(frame, 0));
                return Optional.of(new Segment(file, header, (int) frame.length()));
            } catch (RuntimeException e) {
                throw new IOException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
            }
        }
    }

    private static void follows(@Nullable Segment before, Segment segment) throws IOException {
        long number = number(segment.file());
        if (segment.header().number() != number) {
            throw new DamagedLog(
                    segment.file(), 0, "it holds segment " + segment.header().number(), null);
        }
        if (before != null && before.header().number() + 1 != number) {
            throw new IOException("%s is missing, though a later segment is there"
                    .formatted(Segment.file(
                            segment.file().resolveSibling("").normalize(),
                            before.header().number() + 1)));
        }
        if (before != null && !before.last().equals(segment.header().previous())) {
            throw new DamagedLog(
                    segment.file(),
                    0,
                    "it follows %s, and the segment before ends at %s"
                            .formatted(segment.header().previous(), before.last()),
                    null);
        }
    }

    private static void content(Segment segment, boolean last) throws IOException {
        long length = Files.size(segment.file());
        if (length > Integer.MAX_VALUE) {
            throw new DamagedLog(segment.file(), Integer.MAX_VALUE, "no segment is that long", null);
        }
        if (!last && segment.readIndex(length)) {
            return;
        }
        try (Window window = Window.of(segment.file())) {
            int end = scan(segment, window, last);
            if (end < length) {
                cut(segment.file(), end, length);
            }
        }
        if (last) {
            Files.deleteIfExists(segment.indexFile());
        } else {
            segment.writeIndex();
        }
    }

    /** Takes note of every batch; the end of the last good one. */
    private static int scan(Segment segment, Window window, boolean last) throws IOException {
        int offset = segment.begin();
        while (offset < window.end()) {
            Frame frame = window.frame(offset);
            if (frame == null || !fits(window, frame, offset, last)) {
                if (!last || wasDurable(window, offset)) {
                    throw window.damaged(offset, "a record does not fit its checksum, and it is not the last", null);
                }
                return offset;
            }
            BatchHead head;
            try {
                head = BatchHead.decode(window.head(frame, offset));
            } catch (RuntimeException e) {
                throw window.damaged(offset, "the record's head does not read", e);
            }
            Position before = segment.last();
            if (head.content() != null && !head.content().first().isAfter(before)) {
                throw window.damaged(
                        offset, "%s follows %s".formatted(head.content().first(), before), null);
            }
            segment.add(head, offset, (int) (offset + frame.length()));
            offset = segment.size();
        }
        return offset;
    }

    private static boolean fits(Window window, Frame frame, int offset, boolean payloadToo) throws IOException {
        if (frame.kind() != Frame.BATCH || frame.length() > window.end() - offset) {
            return false;
        }
        int head = window.at((long) offset + Frame.SIZE, frame.headLength());
        if (!frame.headFits(window.array(), head)) {
            return false;
        }
        if (!payloadToo) {
            return true;
        }
        int payload = window.at((long) offset + Frame.SIZE + frame.headLength(), frame.payloadLength());
        return frame.payloadFits(window.array(), payload);
    }

    /**
     * Whether the bytes at {@code offset} had been synced once: a record behind them that was begun after that sync says so. What is bad
     * there is then damage, else the tail that a crash tore.
     */
    private static boolean wasDurable(Window window, int offset) throws IOException {
        for (int next = offset + 1; next <= window.end() - Frame.SIZE; next++) {
            int at = window.at(next, Frame.SIZE);
            if (window.array()[at] == 'D') {
                Frame frame = Frame.parse(window.array(), at, next);
                if (frame != null && frame.durableBefore() > offset) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void cut(Path file, int end, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(end);
            channel.force(true);
        }
        LOG.log(
                Level.WARNING,
                "log: cut a torn tail of {0} bytes off {1}, at offset {2}",
                Long.toString(length - end),
                file,
                Integer.toString(end));
    }
}
