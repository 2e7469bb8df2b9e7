package io.deltastreams.source.postgres;

import io.deltastreams.postgres.ResumePoint;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.replication.LogSequenceNumber;

/**
 * What of a snapshot has been handed over, so that a restart reads only the rest; kept as text in the resume token. One thread.
 *
 * <p>Of each table: {@code 16385@0/16B3748#744=all}, or {@code 16385@0/16B3748#744=16390:0-1023,2048-2500} while it is being read: its object identifier;
 * the place whose rows it has, as changes up to there are in them already; the oldest transaction that was running then; and of each file of
 * rows the pages that are done.
 */
final class SnapshotState {

    private static final Pattern TABLE = Pattern.compile("(\\d+)@([0-9A-F]+/[0-9A-F]+)#(\\d+)=(all|[0-9:,;-]*)");

    private final Map<Long, Table> tables = new LinkedHashMap<>();

    /** One table's. */
    static final class Table {

        private final long base;
        private final long xid;
        private final Map<Long, BitSet> pages = new TreeMap<>();
        private boolean complete;

        /**
         * @param base where the snapshot stands that its first rows were read under
         * @param xid the oldest transaction that was running then; what it and later ones write may be missing in those rows
         */
        private Table(long base, long xid) {
            this.base = base;
            this.xid = xid;
        }

        long base() {
            return base;
        }

        long xid() {
            return xid;
        }

        boolean isComplete() {
            return complete;
        }

        /** By file, what is done. */
        Map<Long, BitSet> pages() {
            return pages;
        }
    }

    Optional<Table> table(long oid) {
        return Optional.ofNullable(tables.get(oid));
    }

    /** Begins the table, also one that was being read already. */
    void begin(long oid, long base, long xid) {
        tables.put(oid, new Table(base, xid));
    }

    void done(long oid, long file, int firstPage, int endPage) {
        Table table = tables.get(oid);
        if (table != null) {
            table.pages.computeIfAbsent(file, _ -> new BitSet()).set(firstPage, endPage);
        }
    }

    void complete(long oid) {
        Table table = tables.get(oid);
        if (table != null) {
            table.pages.clear();
            table.complete = true;
        }
    }

    /** Forgets the tables whose rows are as of that place or before: the stream behind it fits them as it is. */
    void reached(long lsn) {
        tables.values().removeIf(table -> table.complete && Long.compareUnsigned(table.base, lsn) <= 0);
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        tables.forEach((oid, table) -> {
            text.append(text.isEmpty() ? "" : " ").append(oid).append('@').append(ResumePoint.text(table.base));
            text.append('#').append(table.xid).append('=');
            if (table.complete) {
                text.append("all");
            } else {
                append(table.pages, text);
            }
        });
        return text.toString();
    }

    private static void append(Map<Long, BitSet> pages, StringBuilder text) {
        String between = "";
        for (Map.Entry<Long, BitSet> file : pages.entrySet()) {
            text.append(between).append(file.getKey()).append(':');
            String comma = "";
            BitSet done = file.getValue();
            for (int from = done.nextSetBit(0); from >= 0; ) {
                int end = done.nextClearBit(from);
                text.append(comma).append(from);
                if (end - from > 1) {
                    text.append('-').append(end - 1);
                }
                comma = ",";
                from = done.nextSetBit(end);
            }
            between = ";";
        }
    }

    /** Empty if it is no such text. */
    static Optional<SnapshotState> parse(String text) {
        SnapshotState state = new SnapshotState();
        if (text.isEmpty()) {
            return Optional.of(state);
        }
        try {
            for (String part : text.split(" ", -1)) {
                Matcher matcher = TABLE.matcher(part);
                if (!matcher.matches()) {
                    return Optional.empty();
                }
                Table table = new Table(
                        LogSequenceNumber.valueOf(matcher.group(2)).asLong(), Long.parseLong(matcher.group(3)));
                table.complete = matcher.group(4).equals("all");
                if (!table.complete && !matcher.group(4).isEmpty()) {
                    read(matcher.group(4), table.pages);
                }
                state.tables.put(Long.parseLong(matcher.group(1)), table);
            }
        } catch (NumberFormatException | IndexOutOfBoundsException _) {
            return Optional.empty();
        }
        return Optional.of(state);
    }

    private static void read(String text, Map<Long, BitSet> pages) {
        for (String file : text.split(";", -1)) {
            String[] parts = file.split(":", -1);
            BitSet done = new BitSet();
            for (String run : parts[1].split(",", -1)) {
                String[] ends = run.split("-", -1);
                done.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
            }
            pages.put(Long.parseLong(parts[0]), done);
        }
    }
}
