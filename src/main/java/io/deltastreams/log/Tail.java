package io.deltastreams.log;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The batches appended last, as objects: readers at the end of the log share them, and neither disk nor decoder is asked. Bounded in bytes
 * (Invariant 8). Thread-safe.
 */
final class Tail {

    /** @param tables those that occur */
    record Entry(List<Transaction> transactions, Set<TableId> tables, long weight) {
        Position last() {
            return transactions.getLast().last();
        }
    }

    private final long limit;
    private Entry[] ring = new Entry[64];
    private int head;
    private int size;
    private long weight;
    private Position start;

    /** @param start everything behind it will be added */
    Tail(Position start, long limit) {
        this.start = start;
        this.limit = limit;
    }

    synchronized void add(Entry entry) {
        if (size == ring.length) {
            Entry[] larger = new Entry[2 * size];
            for (int i = 0; i < size; i++) {
                larger[i] = entry(i);
            }
            ring = larger;
            head = 0;
        }
        ring[(head + size) & (ring.length - 1)] = entry;
        size++;
        weight += entry.weight;
        // The newest stays whatever its size: those who wait for it are served from here.
        while (weight > limit && size > 1) {
            dropOldest();
        }
    }

    @SuppressWarnings("NullAway") // An empty slot is never read.
    private void dropOldest() {
        Entry oldest = entry(0);
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        size--;
        weight -= oldest.weight;
        start = oldest.last();
    }

    private Entry entry(int place) {
        return ring[(head + place) & (ring.length - 1)];
    }

    /** Whether everything behind {@code after} is here, and how much that weighs is so much at most. */
    synchronized boolean isNear(Position after, long bytes) {
        if (start.isAfter(after)) {
            return false;
        }
        long sum = 0;
        for (int i = size - 1; i >= 0 && sum <= bytes && entry(i).last().isAfter(after); i--) {
            sum += entry(i).weight;
        }
        return sum <= bytes;
    }

    /** What stands behind {@code after}; empty if that begins before what is kept here. */
    Optional<Slice.Changes> read(Position after, Predicate<TableId> tables, long maxBytes) {
        List<Entry> entries;
        synchronized (this) {
            if (start.isAfter(after)) {
                return Optional.empty();
            }
            entries = behind(after, maxBytes);
        }
        List<Transaction> found = new ArrayList<>();
        for (Entry entry : entries) {
            filter(entry, after, tables, found);
        }
        if (entries.isEmpty()) {
            return Optional.of(new Slice.Changes(after));
        }
        Transaction last = entries.getLast().transactions().getLast();
        return Optional.of(new Slice.Changes(found, last.last(), last.complete(), Optional.of(last.committedAt())));
    }

    private List<Entry> behind(Position after, long maxBytes) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entry(middle).last().isAfter(after)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        List<Entry> entries = new ArrayList<>();
        long sum = 0;
        for (int i = low; i < size && (i == low || sum < maxBytes); i++) {
            entries.add(entry(i));
            sum += entry(i).weight;
        }
        return entries;
    }

    private static void filter(Entry entry, Position after, Predicate<TableId> tables, List<Transaction> found) {
        Set<TableId> wanted = new HashSet<>();
        for (TableId table : entry.tables) {
            if (tables.test(table)) {
                wanted.add(table);
            }
        }
        if (wanted.isEmpty()) {
            return;
        }
        boolean all = wanted.size() == entry.tables.size();
        for (Transaction transaction : entry.transactions) {
            if (all && transaction.first().isAfter(after)) {
                found.add(transaction);
            } else {
                part(
                                transaction,
                                change -> change.position().isAfter(after)
                                        && change.schema().relation() instanceof TableId table
                                        && wanted.contains(table))
                        .ifPresent(found::add);
            }
        }
    }

    /** The transaction with those of its changes only; empty if there are none, itself if they are all. */
    static Optional<Transaction> part(Transaction transaction, Predicate<Change> wanted) {
        List<Change> changes = transaction.changes().stream().filter(wanted).toList();
        if (changes.isEmpty()) {
            return Optional.empty();
        }
        if (changes.size() == transaction.changes().size()) {
            return Optional.of(transaction);
        }
        return Optional.of(new Transaction(
                transaction.id(), transaction.kind(), transaction.committedAt(), changes, transaction.complete()));
    }
}
