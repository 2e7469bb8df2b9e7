package io.deltastreams.source.debezium;

import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import io.deltastreams.source.debezium.PostgresSettings.Snapshot;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/** Makes what capture needs at the server, reuses what is there, and decides where to begin. */
final class Preparation {

    private static final Logger LOG = Logger.getLogger(Preparation.class);

    private final PostgresSettings settings;
    private final Catalog catalog;

    Preparation(PostgresSettings settings, Catalog catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /**
     * @param excluded columns that do not come, as {@code schema.table.column}
     * @param offset what the engine starts from, empty for a snapshot
     */
    record Plan(Captured captured, List<String> excluded, Capture.Start start, String offset) {}

    /** @param identities of the tables, as they are now */
    record Captured(List<TableId> tables, Map<TableId, Catalog.Identity> identities) {}

    /** The slot is this session's from here on, until the catalog is closed. */
    Plan prepare(Resume resume) throws SQLException, SourceFailure {
        Optional<Catalog.Holder> other = catalog.claim(settings.slot());
        if (other.isPresent()) {
            throw inUse(other.get().pid(), other.get().application());
        }
        List<TableId> tables = Inspection.captured(settings, catalog);
        publish(tables);
        Optional<Catalog.Slot> slot = catalog.slot(settings.slot());
        refuseForeign(slot);
        Map<TableId, Catalog.Identity> identities = new HashMap<>();
        for (TableId table : tables) {
            identities.put(table, catalog.identity(table));
        }
        Captured captured = new Captured(tables, identities);
        List<String> excluded = new ArrayList<>(settings.dropped());
        excluded.addAll(catalog.generated(tables));
        Optional<ResumePoint> point = resume.token().flatMap(ResumePoint::of);
        if (point.isPresent() && point.get().snapshotComplete() && keeps(slot, point.get())) {
            Capture.Start start = new Capture.Start(point.get(), List.of(), resume.last(), 0);
            return new Plan(
                    captured, excluded, start, EngineOffsets.behind(point.get().lsn()));
        }
        int epoch = epoch(resume, point);
        if (settings.snapshot() == Snapshot.NEVER) {
            Capture.Start start = withoutSnapshot(resume, slot, epoch);
            return new Plan(
                    captured,
                    excluded,
                    start,
                    EngineOffsets.behind(start.point().lsn()));
        }
        if (slot.isPresent()) {
            LOG.infof(
                    "slot=%s action=recreate reason=\"only a new slot tells the snapshot that fits its start\"",
                    settings.slot());
            catalog.dropSlot(settings.slot());
        }
        List<Schema> truncates = epoch > 1 ? resume.schemas() : List.of();
        Capture.Start start =
                new Capture.Start(new ResumePoint(epoch, 0, false), truncates, resume.last(), catalog.rows(tables));
        return new Plan(captured, excluded, start, "");
    }

    private Capture.Start withoutSnapshot(Resume resume, Optional<Catalog.Slot> slot, int epoch) throws SQLException {
        if (slot.isPresent() && slot.get().lost()) {
            catalog.dropSlot(settings.slot());
        }
        if (slot.isEmpty() || slot.get().lost()) {
            catalog.createSlot(settings.slot());
        }
        long lsn = catalog.slot(settings.slot()).map(Catalog.Slot::confirmed).orElse(0L);
        return new Capture.Start(new ResumePoint(epoch, lsn, true), List.of(), resume.last(), 0);
    }

    /** Whether the server still has everything behind the point; if not, says so. */
    private boolean keeps(Optional<Catalog.Slot> slot, ResumePoint point) {
        String reason;
        if (slot.isEmpty()) {
            reason = "the slot is gone";
        } else if (slot.get().lost()) {
            reason = "the server has removed the log that the slot stands for (max_slot_wal_keep_size)";
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
                settings.snapshot() == Snapshot.INITIAL
                        ? "a new epoch begins with a snapshot"
                        : "a new epoch begins; what happened in between is missing");
        return false;
    }

    private static int epoch(Resume resume, Optional<ResumePoint> point) {
        int inLog = resume.last().map(Position::epoch).orElse(0);
        return Math.max(inLog, point.map(ResumePoint::epoch).orElse(0)) + 1;
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
                Kind.TRANSIENT,
                "slot '%s' at %s is in use by process %d ('%s')"
                        .formatted(settings.slot(), settings.server(), pid, application),
                "end that reader, or give this one a slot of its own with source.postgresql.slot; it is tried again",
                null);
    }

    private void publish(List<TableId> tables) throws SQLException, SourceFailure {
        String name = Catalog.quoted(settings.publication());
        Optional<Catalog.Publication> publication = catalog.publication(settings.publication());
        if (publication.isEmpty()) {
            catalog.execute("CREATE PUBLICATION %s FOR TABLE %s WITH (publish = 'insert, update, delete, truncate',"
                            .formatted(name, listed(tables))
                    + " publish_via_partition_root = true)");
            return;
        }
        List<TableId> missing = tables.stream()
                .filter(table -> !publication.get().tables().contains(table))
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        if (!publication.get().owned()) {
            throw Failures.permanent(
                    "publication '%s' lacks %s and belongs to somebody else"
                            .formatted(settings.publication(), missing.getFirst()),
                    "ALTER PUBLICATION %s ADD TABLE %s, as its owner".formatted(name, listed(missing)));
        }
        catalog.execute("ALTER PUBLICATION %s ADD TABLE %s".formatted(name, listed(missing)));
        LOG.infof(
                "publication=%s added=\"%s\" note=\"captured from now on; rows that were there before are not read\"",
                settings.publication(), listed(missing));
    }

    private static String listed(List<TableId> tables) {
        return tables.stream().map(Catalog::quoted).collect(Collectors.joining(", "));
    }
}
