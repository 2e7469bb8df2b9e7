package io.deltastreams.postgres;

import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.PostgresSettings.Snapshot;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Makes what capture needs at the server, reuses what is there, and decides where to begin. */
public final class Preparation {

    private static final Logger LOG = Logger.getLogger(Preparation.class);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration SHORTEST_SILENCE = Duration.ofSeconds(10);

    private final PostgresSettings settings;
    private final Catalog catalog;

    public Preparation(PostgresSettings settings, Catalog catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /**
     * @param excluded columns that do not come, as {@code schema.table.column}
     * @param start where capture begins
     * @param snapshot whether the tables' rows come first
     * @param slot whether there is one; without, the reader makes it with the snapshot that fits its start
     * @param failover whether it makes one that standbys keep a copy of
     * @param server whose log it is
     * @param note for who goes on without our log; empty where the log is durable
     * @param unread tables whose rows are still to be read while the stream goes on; they may not be published yet
     */
    public record Plan(
            Captured captured,
            List<String> excluded,
            Start start,
            boolean snapshot,
            boolean slot,
            boolean failover,
            ServerHistory server,
            Optional<EpochNote> note,
            List<TableId> unread) {

        public Plan startingAt(Start other) {
            return new Plan(captured, excluded, other, snapshot, slot, failover, server, note, List.of());
        }
    }

    /**
     * Where capture begins.
     *
     * @param truncates the tables whose rows, read before, are to be taken back by the first transaction
     * @param last the last position handed over by an earlier run
     * @param expectedRows of the snapshot, by the catalog's estimate
     */
    public record Start(ResumePoint point, List<Schema> truncates, Optional<Position> last, long expectedRows) {}

    /**
     * @param identities of the tables, as they are now
     * @param filters conditions that a table's rows must meet to be published, where there is one
     */
    public record Captured(
            List<TableId> tables, Map<TableId, Catalog.Identity> identities, Map<TableId, String> filters) {

        /** Whether the table's rows can be told from each other. */
        public boolean hasKey(TableId table) {
            Catalog.Identity identity = identities.get(table);
            return identity != null && !identity.identity().isEmpty();
        }
    }

    private Duration silence() {
        Duration beats = settings.heartbeat().multipliedBy(3);
        return beats.compareTo(SHORTEST_SILENCE) > 0 ? beats : SHORTEST_SILENCE;
    }

    /**
     * The process stands still while its machine answers for it, and might for ever. Should it go on, it finds its session ended, and waits as
     * we do now.
     */
    private void end(Catalog.Holder stuck) {
        try {
            catalog.terminate(stuck.pid());
            LOG.warnf(
                    "slot=%s action=take-over note=\"session %d held it for a process that streams no more and was not heard of for %s: it is ended\"",
                    settings.slot(), stuck.pid(), silence());
        } catch (SQLException e) {
            LOG.debugf(e, "slot=%s: session %d is not ours to end", settings.slot(), stuck.pid());
        }
    }

    /**
     * The slot is this session's from here on, until the catalog is closed.
     *
     * @param resumes whether the reader goes on with a snapshot that was interrupted, if its point tells what was read
     */
    public Plan prepare(Resume resume, boolean resumes, Intake intake)
            throws SQLException, SourceFailure, InterruptedException {
        Optional<Catalog.Holder> other = catalog.claim(settings.slot(), silence());
        if (other.isPresent()) {
            if (other.get().stuck()) {
                end(other.get());
            }
            throw inUse(other.get().pid(), other.get().application());
        }
        List<TableId> tables = Inspection.captured(settings, catalog);
        Optional<Catalog.Publication> publication = catalog.publication(settings.publication());
        refuseForeign(publication, tables);
        Optional<Catalog.Slot> slot = idle();
        refuseForeign(slot);
        Map<TableId, Catalog.Published> published =
                publication.map(Catalog.Publication::tables).orElse(Map.of());
        ServerHistory server = ServerHistory.of(settings, catalog);
        Intake.Earlier earlier = intake.alone();
        EpochNote note = EpochNote.of(
                settings, catalog, publication.map(Catalog.Publication::owned).orElse(true) && !server.standby());
        Optional<EpochNote> kept = Optional.of(note).filter(_ -> earlier.complete());
        boolean failover = FailoverSlot.wanted(settings, catalog, server.standby());
        Captured captured = captured(tables, published);
        List<String> excluded = Inspection.excluded(settings, catalog, tables, published);
        Optional<ResumePoint> inLog = resume.token().flatMap(ResumePoint::of);
        Optional<ResumePoint> point =
                inLog.isEmpty() && earlier.complete() ? noted(note, slot, earlier.furthest()) : inLog;
        if (slot.isPresent() && point.isPresent()) {
            server.refuseLeftBehind(settings, point.get());
        }
        if (point.isPresent() && isGood(point.get(), resumes) && keeps(server, slot, point.get())) {
            FailoverSlot.adjust(settings, catalog, slot.orElseThrow(), server.standby());
            boolean streams = point.get().snapshotComplete();
            List<TableId> unread = streams && resumes ? unread(captured, publication) : List.of();
            publish(publication, tables, unread);
            Start start = new Start(point.get(), List.of(), resume.last(), streams ? 0 : catalog.rows(tables));
            return new Plan(captured, excluded, start, !streams, true, failover, server, kept, unread);
        }
        note.forget();
        publish(publication, tables, List.of());
        int epoch = epoch(resume, point, earlier.furthest());
        List<Schema> truncates = epoch > 1 ? reread(resume.schemas()) : List.of();
        return switch (settings.snapshot()) {
            case NEVER -> {
                Start start = withoutSnapshot(resume, slot, epoch, List.of(), failover, server);
                yield new Plan(captured, excluded, start, false, true, failover, server, kept, List.of());
            }
            case INCREMENTAL -> {
                Start start = withoutSnapshot(resume, slot, epoch, truncates, failover, server);
                yield new Plan(captured, excluded, start, false, true, failover, server, kept, tables);
            }
            case INITIAL -> {
                if (slot.isPresent()) {
                    LOG.infof(
                            "slot=%s action=recreate reason=\"only a new slot tells the snapshot that fits its start\"",
                            settings.slot());
                    catalog.dropSlot(settings.slot());
                }
                ResumePoint begin = new ResumePoint(epoch, 0, false);
                Start start = new Start(begin, truncates, resume.last(), catalog.rows(tables));
                yield new Plan(captured, excluded, start, true, false, failover, server, kept, List.of());
            }
        };
    }

    /** Tables that are new to the publication, and whose rows can be read in chunks. */
    private List<TableId> unread(Captured captured, Optional<Catalog.Publication> publication) {
        if (publication.isEmpty() || settings.snapshot() == Snapshot.NEVER) {
            return List.of();
        }
        return publication.get().missing(captured.tables()).stream()
                .filter(captured::hasKey)
                .toList();
    }

    /** Those of tables: no snapshot brings messages back. */
    private static List<Schema> reread(List<Schema> schemas) {
        return schemas.stream()
                .filter(schema -> !schema.relation().equals(LogicalMessages.RELATION))
                .toList();
    }

    private static boolean isGood(ResumePoint point, boolean resumes) {
        return point.snapshotComplete() || (resumes && !point.reads().isEmpty());
    }

    private Captured captured(List<TableId> tables, Map<TableId, Catalog.Published> published) throws SQLException {
        Map<TableId, Catalog.Identity> identities = new HashMap<>();
        Map<TableId, String> filters = new HashMap<>();
        for (TableId table : tables) {
            identities.put(table, catalog.identity(table));
            Catalog.Published what = published.get(table);
            if (what != null && !what.filter().isEmpty()) {
                filters.put(table, what.filter());
            }
        }
        return new Captured(tables, identities, filters);
    }

    /** Drops our slot, as soon as nobody reads it. */
    public void dropSlot() throws SQLException, SourceFailure, InterruptedException {
        Optional<Catalog.Slot> slot = idle();
        refuseForeign(slot);
        if (slot.isPresent()) {
            catalog.dropSlot(settings.slot());
        }
    }

    private Start withoutSnapshot(
            Resume resume,
            Optional<Catalog.Slot> slot,
            int epoch,
            List<Schema> truncates,
            boolean failover,
            ServerHistory server)
            throws SQLException {
        if (slot.isPresent() && slot.get().lost()) {
            catalog.dropSlot(settings.slot());
        }
        if (slot.isEmpty() || slot.get().lost()) {
            try (SlotNotice _ = SlotNotice.of(settings, server)) {
                catalog.createSlot(settings.slot(), failover);
            }
        }
        long lsn = catalog.slot(settings.slot()).map(Catalog.Slot::confirmed).orElse(0L);
        return new Start(new ResumePoint(epoch, lsn, true), truncates, resume.last(), 0);
    }

    /** Whether the server still has everything behind the point; if not, says so. */
    private boolean keeps(ServerHistory server, Optional<Catalog.Slot> slot, ResumePoint point) {
        Optional<String> lacks = server.lacks(point);
        String reason;
        if (lacks.isPresent()) {
            reason = lacks.get();
        } else if (slot.isEmpty()) {
            reason = "the slot is gone";
        } else if (slot.get().lost()) {
            reason = "the server has invalidated the slot"
                    + (slot.get().reason().isEmpty()
                            ? " (max_slot_wal_keep_size)"
                            : " (" + slot.get().reason() + ")");
        } else if (Long.compareUnsigned(slot.get().confirmed(), point.lsn()) > 0) {
            reason = "the slot has been moved on to "
                    + ResumePoint.text(slot.get().confirmed());
        } else {
            return true;
        }
        LOG.warnf(
                "slot=%s position=%s history=broken reason=\"%s\" action=\"%s\"",
                settings.slot(),
                ResumePoint.text(point.lsn()),
                reason,
                settings.snapshot() != Snapshot.NEVER
                        ? "a new epoch begins with a snapshot"
                        : "a new epoch begins; what happened in between is missing");
        return false;
    }

    /** Where the slot stands, if the outputs have what was before it in their epoch. */
    private Optional<ResumePoint> noted(EpochNote note, Optional<Catalog.Slot> slot, Position furthest) {
        Optional<ResumePoint> found = note.read()
                .filter(point -> point.epoch() == furthest.epoch() && slot.isPresent())
                .map(point -> point.at(slot.orElseThrow().confirmed()));
        found.ifPresent(point -> LOG.infof(
                "slot=%s position=%s epoch=%d note=\"the outputs have what was before; it is not in this instance's log\"",
                settings.slot(), ResumePoint.text(point.lsn()), point.epoch()));
        return found;
    }

    private static int epoch(Resume resume, Optional<ResumePoint> point, Position furthest) {
        int inLog = Math.max(resume.last().map(Position::epoch).orElse(0), furthest.epoch());
        return Math.max(inLog, point.map(ResumePoint::epoch).orElse(0)) + 1;
    }

    /** The slot; the server's process that served our own last reader may need a moment to notice that it is gone. */
    private Optional<Catalog.Slot> idle() throws SQLException, InterruptedException {
        Instant patience = Instant.now().plus(PATIENCE);
        Optional<Catalog.Slot> slot = catalog.slot(settings.slot());
        while (slot.isPresent() && slot.get().active() && Instant.now().isBefore(patience)) {
            Thread.sleep(Duration.ofMillis(50));
            slot = catalog.slot(settings.slot());
        }
        return slot;
    }

    private void refuseForeign(Optional<Catalog.Slot> found) throws SourceFailure {
        if (found.isEmpty()) {
            return;
        }
        Catalog.Slot slot = found.get();
        if (slot.active()) {
            throw inUse(slot.pid(), slot.application());
        }
        if (!slot.plugin().equals("pgoutput")
                || !slot.database().equals(settings.server().database())) {
            throw Failures.permanent(
                    "slot '%s' belongs to database '%s' with plugin '%s'"
                            .formatted(settings.slot(), slot.database(), slot.plugin()),
                    "name another one in source.postgresql.slot");
        }
    }

    private SourceFailure inUse(int pid, String application) {
        return new SourceFailure(
                Kind.TAKEN,
                "slot '%s' at %s is in use by process %d ('%s')"
                        .formatted(settings.slot(), settings.server(), pid, application),
                "this one takes over when that reader has ended; to capture beside it, give this one a slot of its own with"
                        + " source.postgresql.slot",
                null);
    }

    private void refuseForeign(Optional<Catalog.Publication> publication, List<TableId> tables) throws SourceFailure {
        List<TableId> missing = publication.map(found -> found.missing(tables)).orElse(List.of());
        if (!missing.isEmpty() && !publication.get().owned()) {
            throw Failures.permanent(
                    "publication '%s' lacks %s and belongs to somebody else"
                            .formatted(settings.publication(), missing.getFirst()),
                    addToPublication(settings, missing) + ", as its owner");
        }
    }

    /** @param later tables that are not published yet */
    private void publish(Optional<Catalog.Publication> publication, List<TableId> tables, List<TableId> later)
            throws SQLException {
        if (publication.isEmpty()) {
            catalog.execute(createPublication(settings, tables));
            return;
        }
        List<TableId> added = publication.get().missing(tables).stream()
                .filter(table -> !later.contains(table))
                .toList();
        if (!added.isEmpty()) {
            add(added, "captured from now on; rows that were there before are not read");
        }
    }

    /** Publishes tables that are to be read while the stream goes on. */
    public void publish(Plan plan) throws SQLException {
        Optional<Catalog.Publication> publication = catalog.publication(settings.publication());
        List<TableId> added =
                publication.map(found -> found.missing(plan.unread())).orElse(List.of());
        if (!added.isEmpty()) {
            add(added, "captured from now on; rows that were there before are read in chunks meanwhile");
        }
    }

    private void add(List<TableId> tables, String note) throws SQLException {
        catalog.execute(addToPublication(settings, tables));
        LOG.infof("publication=%s added=\"%s\" note=\"%s\"", settings.publication(), listed(tables), note);
    }

    static String createPublication(PostgresSettings settings, List<TableId> tables) {
        String of = tables.isEmpty() ? "" : " FOR TABLE " + listed(tables);
        return "CREATE PUBLICATION %s%s WITH (publish = 'insert, update, delete, truncate',"
                        .formatted(Catalog.quoted(settings.publication()), of)
                + " publish_via_partition_root = true)";
    }

    static String addToPublication(PostgresSettings settings, List<TableId> tables) {
        return "ALTER PUBLICATION %s ADD TABLE %s".formatted(Catalog.quoted(settings.publication()), listed(tables));
    }

    private static String listed(List<TableId> tables) {
        return tables.stream().map(Catalog::quoted).collect(Collectors.joining(", "));
    }
}
