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
    private long segmentBytes;
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

    /** @throws IllegalArgumentException if a row does not fit its schema; the batch then has left no trace */
    Pending encode(Batch batch) {
        List<Transaction> fresh = fresh(batch.transactions());
        Optional<SegmentHeader> begins = Optional.empty();
        if (isFull()) {
            SegmentHeader header = new SegmentHeader(segment + 1, Instant.now(), last, token, latest.all());
            numbers.clear();
            header.schemas().forEach(this::number);
            begin(header);
            begins = Optional.of(header);
        }
        try {
            return record(fresh, batch, begins);
        } catch (RuntimeException e) {
            definitions.forEach(numbers::remove);
            if (begins.isPresent()) {
                // The writer never hears of the new segment, so the next batch has to begin it.
                segment--;
                segmentBytes = Long.MAX_VALUE;
            }
            throw e;
        } finally {
            known.clear();
            definitions.clear();
        }
    }

    private void begin(SegmentHeader header) {
        segment = header.number();
        segmentBytes = 0;
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

    private Pending record(List<Transaction> fresh, Batch batch, Optional<SegmentHeader> begins) {
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
                        newest,
                        known.values().stream().distinct().toList());
        BatchHead head = new BatchHead(batch.resume(), content, List.copyOf(definitions));
        BinaryWriter out = bytes(head, fresh);
        definitions.forEach(latest::remember);
        token = Optional.of(batch.resume());
        untouched = false;
        segmentBytes += out.size();
        Optional<Tail.Entry> entry = Optional.empty();
        if (content != null) {
            last = content.last();
            segmentNewest =
                    Optional.of(segmentNewest.filter(content.newest()::isBefore).orElse(content.newest()));
            entry = Optional.of(new Tail.Entry(fresh, Set.copyOf(tables), weight(fresh)));
        }
        return new Pending(begins, out, head, entry, new CompletableFuture<>());
    }

    private BinaryWriter bytes(BatchHead head, List<Transaction> fresh) {
        BinaryWriter out = new BinaryWriter(usual);
        Frame.open(out);
        head.encode(out);
        int headEnd = out.size();
        if (!fresh.isEmpty()) {
            BatchPayload.encode(fresh, known::get, rows, out);
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
