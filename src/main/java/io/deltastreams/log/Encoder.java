package io.deltastreams.log;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.SchemaHistory;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.TransactionsCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Turns batches into records, in order: drops what the log has already, numbers schemas, and decides where a new segment begins. Runs on the
 * caller's thread, so that encoding and syncing overlap, and a row that does not fit its schema is its sender's failure and not the log's.
 * Knows the log as it will be once all that was handed to the writer is written. Not thread-safe.
 */
final class Encoder {

    private static final int LARGEST = 1 << 30;

    /**
     * @param begins the header of the segment that begins with this batch
     * @param entry empty for a batch without transactions
     * @param done completes once the record is durable
     */
    record Pending(
            Optional<SegmentHeader> begins,
            BinaryWriter bytes,
            BatchHead head,
            Optional<Tail.Entry> entry,
            CompletableFuture<Void> done) {}

    private final LogSettings settings;
    private final SchemaHistory latest;
    private final Map<Schema, Integer> numbers = new HashMap<>();
    /** The same for this batch's objects: hashing a schema for every row would take longer than writing the row. */
    private final IdentityHashMap<Schema, Integer> known = new IdentityHashMap<>();

    private final List<Schema> definitions = new ArrayList<>();
    private final BinaryWriter rows = new BinaryWriter(1024);

    private long segment;
    /** Of the segment's records; of one that was found at the opening, its header's too. */
    private long segmentBytes;

    private long headerBytes;
    private Instant segmentBegun = Instant.MAX;
    private Optional<Instant> segmentNewest = Optional.empty();
    private Position last;
    private Optional<ResumeToken> token;
    private int usual = 4096;
    private boolean untouched = true;

    Encoder(LogSettings settings, List<Segment> segments) {
        this.settings = settings;
        if (segments.isEmpty()) {
            latest = new SchemaHistory(List.of());
            last = Position.START;
            token = Optional.empty();
            segmentBytes = Long.MAX_VALUE;
            return;
        }
        Segment active = segments.getLast();
        latest = new SchemaHistory(active.dictionary());
        active.dictionary().forEach(this::number);
        segment = active.header().number();
        segmentBytes = active.size();
        segmentBegun = active.header().begun();
        segmentNewest = active.newest();
        last = active.last();
        token = active.token();
    }

    /** Of an empty log: what comes up to the position is not taken. */
    void begin(Position position) {
        if (untouched) {
            last = position;
        }
    }

    /** @throws IllegalArgumentException if a row does not fit its schema; the batch then has left no trace */
    Pending encode(Batch batch) {
        List<Transaction> fresh = fresh(batch.transactions());
        return isFull()
                ? inNewSegment(fresh, batch)
                : inThisSegment(fresh, batch).orElseGet(() -> inNewSegment(fresh, batch));
    }

    /** Empty where the segment would outgrow the disk budget: only behind its end can retention take it away. */
    private Optional<Pending> inThisSegment(List<Transaction> fresh, Batch batch) {
        boolean recorded = false;
        try {
            Draft draft = draft(fresh, batch);
            recorded = headerBytes + segmentBytes + draft.bytes.size() <= settings.budget();
            return recorded ? Optional.of(record(draft, Optional.empty())) : Optional.empty();
        } finally {
            forgetDraft(recorded);
        }
    }

    private Pending inNewSegment(List<Transaction> fresh, Batch batch) {
        SegmentHeader header = new SegmentHeader(segment + 1, Instant.now(), last, token, latest.all());
        numbers.clear();
        header.schemas().forEach(this::number);
        begin(header);
        boolean recorded = false;
        try {
            Pending pending = record(draft(fresh, batch), Optional.of(header));
            recorded = true;
            return pending;
        } finally {
            forgetDraft(recorded);
            if (!recorded) {
                // The writer never hears of the new segment, so the next batch has to begin it.
                segment--;
                segmentBytes = Long.MAX_VALUE;
            }
        }
    }

    private void forgetDraft(boolean recorded) {
        if (!recorded) {
            definitions.forEach(numbers::remove);
        }
        known.clear();
        definitions.clear();
    }

    private void begin(SegmentHeader header) {
        segment = header.number();
        segmentBytes = 0;
        headerBytes = header.encode().size();
        segmentBegun = header.begun();
        segmentNewest = Optional.empty();
    }

    /** Full in bytes, or so old that what it holds outlives its retention. */
    private boolean isFull() {
        if (segmentBytes >= settings.segmentSize()) {
            return true;
        }
        Instant oldest = Instant.now().minus(age());
        return segmentBegun.isBefore(oldest)
                && segmentNewest.filter(newest -> newest.isBefore(oldest)).isPresent();
    }

    private Duration age() {
        return settings.retentionAge();
    }

    /** A batch's record, of which nobody knows yet. */
    private record Draft(BatchHead head, Optional<Tail.Entry> entry, BinaryWriter bytes) {}

    private Draft draft(List<Transaction> fresh, Batch batch) {
        Set<TableId> tables = new HashSet<>();
        Instant newest = Instant.MIN;
        for (Transaction transaction : fresh) {
            newest = transaction.committedAt().isAfter(newest) ? transaction.committedAt() : newest;
            for (Change change : transaction.changes()) {
                if (!known.containsKey(change.schema())) {
                    tables.add(table(change.schema()));
                    known.put(change.schema(), define(change.schema()));
                }
            }
        }
        BatchHead.Content content = fresh.isEmpty()
                ? null
                : new BatchHead.Content(
                        fresh.getFirst().first(),
                        fresh.getLast().last(),
                        fresh.getLast().complete(),
                        newest,
                        known.values().stream().distinct().toList());
        BatchHead head = new BatchHead(batch.resume(), content, List.copyOf(definitions));
        Optional<Tail.Entry> entry = content == null
                ? Optional.empty()
                : Optional.of(new Tail.Entry(fresh, Set.copyOf(tables), weight(fresh)));
        return new Draft(head, entry, bytes(head, fresh));
    }

    private Pending record(Draft draft, Optional<SegmentHeader> begins) {
        definitions.forEach(latest::remember);
        token = Optional.of(draft.head.token());
        untouched = false;
        segmentBytes += draft.bytes.size();
        BatchHead.Content content = draft.head.content();
        if (content != null) {
            last = content.last();
            segmentNewest =
                    Optional.of(segmentNewest.filter(content.newest()::isBefore).orElse(content.newest()));
        }
        return new Pending(begins, draft.bytes, draft.head, draft.entry, new CompletableFuture<>());
    }

    private BinaryWriter bytes(BatchHead head, List<Transaction> fresh) {
        BinaryWriter out = new BinaryWriter(usual);
        Frame.open(out);
        head.encode(out);
        int headEnd = out.size();
        if (!fresh.isEmpty()) {
            TransactionsCodec.encode(fresh, known::get, rows, out);
        }
        if (out.size() > LARGEST) {
            throw new IllegalArgumentException("a batch of %d bytes; 1 GiB is the most".formatted(out.size()));
        }
        Frame.close(out, Frame.BATCH, headEnd);
        usual = Math.min(out.size() + out.size() / 8 + 64, 1 << 23);
        return out;
    }

    private static long weight(List<Transaction> transactions) {
        return transactions.stream().mapToLong(Transaction::weight).sum();
    }

    private static TableId table(Schema schema) {
        if (schema.relation() instanceof TableId table) {
            return table;
        }
        throw new IllegalArgumentException("the log holds tables' changes, and %s is a stream"
                .formatted(schema.relation().text()));
    }

    private int define(Schema schema) {
        Integer number = numbers.get(schema);
        if (number != null) {
            return number;
        }
        definitions.add(schema);
        return number(schema);
    }

    private int number(Schema schema) {
        int number = numbers.size();
        numbers.put(schema, number);
        return number;
    }

    /** What is not in the log yet (Invariant 2). */
    private List<Transaction> fresh(List<Transaction> transactions) {
        if (transactions.isEmpty() || transactions.getFirst().first().isAfter(last)) {
            return transactions;
        }
        List<Transaction> fresh = new ArrayList<>();
        for (Transaction transaction : transactions) {
            Tail.part(transaction, change -> change.position().isAfter(last)).ifPresent(fresh::add);
        }
        return fresh;
    }

    /** The record that closing leaves behind: everything before it was durable. Empty if nothing was appended since the log was opened. */
    Optional<Pending> end() {
        return token.filter(_ -> !untouched).map(known -> encode(new Batch(List.of(), known)));
    }
}
