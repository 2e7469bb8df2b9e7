package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.TransactionsCodec;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads durable batches from a segment's file. */
final class SegmentReader {

    private SegmentReader() {}

    /** What stands behind {@code after}, which lies before the segment's end, until {@code maxBytes} are reached or the segment ends. */
    static Slice.Changes read(Segment segment, Position after, Predicate<TableId> tables, long maxBytes)
            throws IOException {
        try (Window window = Window.of(segment)) {
            IntPredicate wanted = wanted(segment.dictionary(), tables);
            List<Transaction> found = new ArrayList<>();
            Position upTo = after;
            boolean whole = true;
            Optional<Instant> committedAt = Optional.empty();
            long weight = 0;
            int offset = segment.floor(after);
            while (offset < window.end()) {
                Frame frame = frame(window, offset);
                BatchHead.Content content = content(window, frame, offset);
                if (content != null && content.last().isAfter(after)) {
                    if (any(content.schemas(), wanted)) {
                        for (Transaction transaction : payload(segment, window, frame, offset, wanted, after)) {
                            found.add(transaction);
                            weight += transaction.weight();
                        }
                    }
                    upTo = content.last();
                    whole = content.whole();
                    committedAt = Optional.of(content.newest());
                    if (weight >= maxBytes) {
                        break;
                    }
                }
                offset += (int) frame.length();
            }
            return new Slice.Changes(found, upTo, whole, committedAt);
        }
    }

    /** The last position before the segment's first transaction that was committed at {@code time} or later. */
    static Position before(Segment segment, Instant time) throws IOException {
        Position previous = segment.header().previous();
        try (Window window = Window.of(segment)) {
            int offset = segment.begin();
            while (offset < window.end()) {
                Frame frame = frame(window, offset);
                BatchHead.Content content = content(window, frame, offset);
                if (content != null && !content.newest().isBefore(time)) {
                    for (Transaction transaction : payload(segment, window, frame, offset, _ -> true, Position.START)) {
                        if (!transaction.committedAt().isBefore(time)) {
                            return previous;
                        }
                        previous = transaction.last();
                    }
                } else if (content != null) {
                    previous = content.last();
                }
                offset += (int) frame.length();
            }
        }
        return previous;
    }

    private static IntPredicate wanted(List<Schema> dictionary, Predicate<TableId> tables) {
        boolean[] wanted = new boolean[dictionary.size()];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = dictionary.get(i).relation() instanceof TableId table && tables.test(table);
        }
        return number -> wanted[number];
    }

    private static boolean any(List<Integer> schemas, IntPredicate wanted) {
        for (int schema : schemas) {
            if (wanted.test(schema)) {
                return true;
            }
        }
        return false;
    }

    private static Frame frame(Window window, int offset) throws IOException {
        Frame frame = window.frame(offset);
        if (frame == null || frame.kind() != Frame.BATCH || frame.length() > window.end() - offset) {
            throw window.damaged(offset, "no record begins there", null);
        }
        return frame;
    }

    private static BatchHead.@Nullable Content content(Window window, Frame frame, int offset) throws IOException {
        BinaryReader head = window.head(frame, offset);
        try {
            return BatchHead.content(head);
        } catch (RuntimeException e) {
            throw window.damaged(offset, "the record's head does not read", e);
        }
    }

    private static List<Transaction> payload(
            Segment segment, Window window, Frame frame, int offset, IntPredicate wanted, Position after)
            throws IOException {
        BinaryReader payload = window.payload(frame, offset);
        try {
            return TransactionsCodec.decode(payload, segment.dictionary(), wanted, after);
        } catch (RuntimeException e) {
            throw window.damaged(offset, "the record's payload does not read", e);
        }
    }
}
