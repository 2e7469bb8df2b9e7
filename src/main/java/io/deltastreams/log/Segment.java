package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Fields;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What is known of a segment file without reading it. One thread adds, any thread reads; {@link #size} is set last. */
final class Segment {

    static final String SUFFIX = ".log";
    private static final String INDEX_SUFFIX = ".index";
    /** {@code DSX1}. */
    private static final int INDEX_MAGIC = 0x44535831;

    private final Path file;
    private final SegmentHeader header;
    private final int begin;
    private SparseIndex index = new SparseIndex();
    private volatile List<Schema> dictionary;
    private volatile Position last;
    private volatile Optional<Instant> newest = Optional.empty();
    private volatile Optional<ResumeToken> token;
    private volatile int size;

    /** @param begin where the header ends */
    Segment(Path file, SegmentHeader header, int begin) {
        this.file = file;
        this.header = header;
        this.begin = begin;
        dictionary = header.schemas();
        last = header.previous();
        token = header.token();
        size = begin;
    }

    static Path file(Path folder, long number) {
        return folder.resolve(String.format(Locale.ROOT, "%010d", number) + SUFFIX);
    }

    Path file() {
        return file;
    }

    Path indexFile() {
        String name = file.getFileName().toString();
        return file.resolveSibling(name.substring(0, name.length() - SUFFIX.length()) + INDEX_SUFFIX);
    }

    SegmentHeader header() {
        return header;
    }

    int begin() {
        return begin;
    }

    /** The durable bytes. */
    int size() {
        return size;
    }

    /** The schemas by the numbers under which batches refer to them. */
    List<Schema> dictionary() {
        return dictionary;
    }

    /** Of its first transaction; empty before that. */
    Optional<Position> first() {
        return index.first();
    }

    Position last() {
        return last;
    }

    Optional<Instant> newest() {
        return newest;
    }

    Optional<ResumeToken> token() {
        return token;
    }

    /** Where to read from in order to see everything behind {@code after}. */
    int floor(Position after) {
        return index.floor(after, begin);
    }

    /** Takes note of the batch between {@code offset} and {@code end}. */
    void add(BatchHead head, int offset, int end) {
        if (!head.definitions().isEmpty()) {
            List<Schema> extended = new ArrayList<>(dictionary);
            extended.addAll(head.definitions());
            dictionary = List.copyOf(extended);
        }
        token = Optional.of(head.token());
        BatchHead.Content content = head.content();
        if (content != null) {
            index.add(content.first(), offset);
            last = content.last();
            Instant known = newest.orElse(Instant.MIN);
            newest = Optional.of(content.newest().isAfter(known) ? content.newest() : known);
        }
        size = end;
    }

    /** Writes beside a segment that is full what would take reading it to know. */
    void writeIndex() throws IOException {
        BinaryWriter out = new BinaryWriter(8192);
        out.i32(INDEX_MAGIC);
        out.varint(size);
        Fields.position(last, out);
        out.u8(newest.isPresent() ? 1 : 0);
        newest.ifPresent(time -> Fields.instant(time, out));
        Fields.token(token, out);
        Fields.schemas(dictionary, out);
        index.encode(out);
        out.i32(Frame.sum(out.array(), 0, out.size()));
        Files.write(indexFile(), out.toByteArray());
    }

    /** Whether the file written by {@link #writeIndex} is there, undamaged and about a file of this length; then it is taken over. */
    boolean readIndex(long fileSize) throws IOException {
        if (!Files.exists(indexFile())) {
            return false;
        }
        byte[] bytes = Files.readAllBytes(indexFile());
        int length = bytes.length - 4;
        if (length < 4 || new BinaryReader(bytes, length, 4).i32() != Frame.sum(bytes, 0, length)) {
            return false;
        }
        BinaryReader in = new BinaryReader(bytes, 0, length);
        if (in.i32() != INDEX_MAGIC || in.varint() != fileSize) {
            return false;
        }
        last = Fields.position(in);
        newest = in.u8() == 0 ? Optional.empty() : Optional.of(Fields.instant(in));
        token = Fields.token(in);
        dictionary = List.copyOf(Fields.schemas(in));
        index = SparseIndex.decode(in);
        size = (int) fileSize;
        return true;
    }
}
