package io.deltastreams.source.postgres;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Intake.SnapshotProgress;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads every captured table's present rows, as of the place where the stream begins, on several connections, and hands them over with what a
 * restart needs to read only the rest.
 *
 * <p>A restart reads the rest under a second snapshot, a while behind the first one, and the stream still begins at the first. Of a table of
 * which nothing had been read, everything is as of the second, and the stream leaves out what is in it. A table that was being read, if it has a
 * key, goes on: of the pages that were done, the rows are read again that were written since, so that every row is there with all its values; the
 * stream then brings the changes since the first snapshot, whose outcome may have been read already, and ends where the table is. So a row that was
 * written in between may be inserted twice, or change or go without having come. Without a key such a table is read from its beginning, behind a truncate.
 */
final class Snapshot {

    private static final Logger LOG = Logger.getLogger(Snapshot.class);
    static final String ID = "snapshot";
    /** So many pages are read with one command: 8 MB where a page has its usual size. */
    private static final int EXTENT = 1024;

    private final PostgresSettings settings;
    private final Preparation.Plan plan;
    private final Shapes shapes;
    private final Intake intake;
    private final Optional<Position> last;
    private final SnapshotState state;
    private final Map<SnapshotTable, Integer> extentsLeft = new HashMap<>();
    private @Nullable SnapshotTable smallest;
    private ResumePoint point;
    private Instant takenAt = Instant.EPOCH;
    private long place;
    private long xid;
    private int index;
    private long rows;
    private @Nullable Held held;

    /** A part that waits for the next one, because only then it is known whether it was the last. */
    private record Held(List<Change> changes, String reads) {}

    Snapshot(PostgresSettings settings, Preparation.Plan plan, Shapes shapes, Intake intake) {
        this.settings = settings;
        this.plan = plan;
        this.shapes = shapes;
        this.intake = intake;
        this.last = plan.start().last();
        this.point = plan.start().point();
        this.state = SnapshotState.parse(point.reads()).orElseGet(SnapshotState::new);
    }

    /** Reads all, or the rest; gives where the stream begins. */
    ResumePoint read() throws SQLException, InterruptedException {
        try (ExportedSnapshot snapshot = ExportedSnapshot.take(settings, plan)) {
            begin(snapshot);
            Catalog catalog = snapshot.catalog();
            read(snapshot, plan(catalog));
            SnapshotTable table = smallest;
            if (held == null && isContinued() && table != null) {
                // Parts of the transaction stand in the log, and nothing is left to end it with.
                read(snapshot, again(catalog, table));
            }
        }
        return finish();
    }

    private void begin(ExportedSnapshot snapshot) throws SQLException {
        place = snapshot.place();
        takenAt = snapshot.takenAt();
        xid = snapshot.oldestRunning();
        if (!plan.slot()) {
            point = new ResumePoint(point.epoch(), place, false);
        }
        index = last.filter(this::isOurs).map(position -> position.index() + 1).orElse(0);
        LOG.infof(
                "snapshot=%s slot=%s position=%s tables=%d rows_expected=%d connections=%d",
                isContinued() ? "continued" : "begun",
                settings.slot(),
                ResumePoint.text(place),
                plan.captured().tables().size(),
                plan.start().expectedRows(),
                settings.snapshotConnections());
        truncate(plan.start().truncates());
    }

    private boolean isOurs(Position position) {
        return position.epoch() == point.epoch() && position.commit() == point.lsn();
    }

    private boolean isContinued() {
        return last.filter(this::isOurs).isPresent();
    }

    private List<Extent> plan(Catalog catalog) throws SQLException {
        List<Extent> extents = new ArrayList<>();
        long fewest = Long.MAX_VALUE;
        for (TableId id : plan.captured().tables()) {
            long oid = catalog.oid(id);
            if (oid != 0) {
                SnapshotTable table =
                        shapes.snapshotTable(id, oid, plan.captured().filters().getOrDefault(id, ""));
                List<Catalog.Heap> heaps = catalog.heaps(id);
                long pages = heaps.stream().mapToLong(Catalog.Heap::pages).sum();
                if (pages < fewest) {
                    fewest = pages;
                    smallest = table;
                }
                extents.addAll(plan(table, heaps));
            }
        }
        return extents;
    }

    private List<Extent> plan(SnapshotTable table, List<Catalog.Heap> heaps) throws SQLException {
        SnapshotState.Table before = state.table(table.oid()).orElse(null);
        if (before != null && before.isComplete()) {
            return List.of();
        }
        if (before != null && !goesOn(table, before, heaps)) {
            return again(table, heaps);
        }
        List<Extent> extents = extents(table, heaps, before);
        if (extents.isEmpty()) {
            state.begin(table.oid(), place, xid);
            state.complete(table.oid());
        }
        extentsLeft.put(table, extents.size());
        return extents;
    }

    private static boolean goesOn(SnapshotTable table, SnapshotState.Table before, List<Catalog.Heap> heaps) {
        List<Long> files = heaps.stream().map(Catalog.Heap::file).toList();
        return table.schema().hasKey() && files.containsAll(before.pages().keySet());
    }

    private List<Extent> again(Catalog catalog, SnapshotTable table) throws SQLException {
        return again(table, catalog.heaps((TableId) table.schema().relation()));
    }

    private List<Extent> again(SnapshotTable table, List<Catalog.Heap> heaps) {
        truncate(List.of(table.schema()));
        state.begin(table.oid(), place, xid);
        List<Extent> extents = extents(table, heaps, null);
        if (extents.isEmpty()) {
            state.complete(table.oid());
        }
        extentsLeft.put(table, extents.size());
        return extents;
    }

    private void truncate(List<Schema> schemas) {
        if (schemas.isEmpty()) {
            return;
        }
        Held before = held;
        List<Change> changes = new ArrayList<>(before == null ? List.of() : before.changes());
        for (Schema schema : schemas) {
            changes.add(new Change.Truncate(next(), schema));
        }
        held = new Held(changes, state.text());
    }

    private Position next() {
        return new Position(point.epoch(), point.lsn(), index++);
    }

    private static List<Extent> extents(
            SnapshotTable table, List<Catalog.Heap> heaps, SnapshotState.@Nullable Table before) {
        List<Extent> extents = new ArrayList<>();
        for (Catalog.Heap heap : heaps) {
            BitSet done = before == null ? null : before.pages().get(heap.file());
            int pages = (int) Math.min(heap.pages(), Integer.MAX_VALUE);
            int from = 0;
            while (from < pages) {
                boolean again = done != null && done.get(from);
                int change = done == null ? pages : again ? done.nextClearBit(from) : done.nextSetBit(from);
                int end = Math.min(pages, Math.min(from + EXTENT, change < 0 ? pages : change));
                long since = again && before != null ? before.xid() : 0;
                extents.add(new Extent(table, heap.name(), heap.file(), from, end, end == pages && !again, since));
                from = end;
            }
        }
        return extents;
    }

    private void read(ExportedSnapshot snapshot, List<Extent> extents) throws SQLException, InterruptedException {
        try (Copying copying = Copying.start(snapshot.sessions(), extents)) {
            Optional<Copying.Part> part = copying.next();
            while (part.isPresent()) {
                add(part.get());
                part = copying.next();
            }
        }
    }

    private void add(Copying.Part part) throws InterruptedException {
        SnapshotTable table = part.extent().table();
        if (state.table(table.oid()).isEmpty()) {
            state.begin(table.oid(), place, xid);
        }
        List<Change> changes = new ArrayList<>(part.rows().size());
        for (Row row : part.rows()) {
            changes.add(new Change.Insert(next(), table.schema(), row));
        }
        rows += changes.size();
        state.done(table.oid(), part.extent().file(), part.extent().firstPage(), part.endPage());
        if (part.last()) {
            done(table);
        }
        if (changes.isEmpty()) {
            return;
        }
        Held before = held;
        if (before != null) {
            hand(before, false);
        }
        held = new Held(changes, state.text());
    }

    private void done(SnapshotTable table) {
        int left = extentsLeft.merge(table, -1, Integer::sum);
        if (left == 0) {
            state.complete(table.oid());
            LOG.infof(
                    "snapshot=running table=%s done rows=%d",
                    table.schema().relation().text(), rows);
        }
    }

    private void hand(Held part, boolean complete) throws InterruptedException {
        Transaction transaction = new Transaction(ID, Transaction.Kind.SNAPSHOT, takenAt, part.changes(), complete);
        ResumePoint then = new ResumePoint(point.epoch(), point.lsn(), complete, part.reads());
        intake.take(new Batch(List.of(transaction), then.token()));
        intake.progress(new SnapshotProgress(rows, plan.start().expectedRows(), complete));
    }

    private ResumePoint finish() throws InterruptedException {
        state.reached(point.lsn());
        ResumePoint end = new ResumePoint(point.epoch(), point.lsn(), true, state.text());
        Held rest = held;
        if (rest != null) {
            hand(new Held(rest.changes(), end.reads()), true);
        } else {
            intake.take(new Batch(List.of(), end.token()));
            intake.progress(new SnapshotProgress(0, plan.start().expectedRows(), true));
        }
        LOG.infof("snapshot=complete rows=%d", rows);
        return end;
    }

    /** The last position handed over. */
    Optional<Position> last() {
        return index == 0 ? last : Optional.of(new Position(point.epoch(), point.lsn(), index - 1));
    }
}
