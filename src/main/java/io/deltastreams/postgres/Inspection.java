package io.deltastreams.postgres;

import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.PostgresSettings.Origin;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.SourceFailure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Looks at the server and changes nothing there. */
public final class Inspection {

    private static final int OLDEST = 140_000;
    private static final int KNOWS_ORIGIN = 160_000;

    private final PostgresSettings settings;
    private final Catalog catalog;

    public Inspection(PostgresSettings settings, Catalog catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /** Looks through a session of its own. */
    public static Inventory of(PostgresSettings settings) throws SourceFailure {
        try (Catalog catalog = Catalog.open(settings.server())) {
            return new Inspection(settings, catalog).inventory();
        } catch (SQLException e) {
            throw Failures.of(settings, e);
        }
    }

    private Inventory inventory() throws SQLException, SourceFailure {
        check();
        List<CapturedTable> tables = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        List<TableId> captured = captured(settings, catalog);
        Map<TableId, Catalog.Published> published = catalog.publication(settings.publication())
                .map(Catalog.Publication::tables)
                .orElse(Map.of());
        List<String> excluded = excluded(settings, catalog, captured, published);
        if (!settings.messages().isNone()) {
            Schema messages = new Schema(LogicalMessages.RELATION, 1, LogicalMessages.COLUMNS, List.of());
            tables.add(new CapturedTable(messages, BeforeImage.NONE));
        }
        for (TableId id : captured) {
            CapturedTable table = catalog.table(id, excluded);
            tables.add(table);
            if (table.before() == BeforeImage.NONE) {
                notes.add(
                        ("%s has no key: its rows are delivered as inserts without identity; PostgreSQL refuses UPDATE and DELETE"
                                        + " on it while it is published")
                                .formatted(id));
            } else if (table.schema().key().isEmpty()) {
                notes.add("%s has no key: its rows are delivered without identity".formatted(id));
            }
        }
        tables.sort(Comparator.comparing(table -> table.schema().relation().text()));
        if (catalog.standby()) {
            notes.addAll(new StandbyCheck(settings, catalog).notes());
        }
        return new Inventory(tables, notes);
    }

    /** @throws SourceFailure with what the user would have to do before capture can work */
    public void check() throws SQLException, SourceFailure {
        if (catalog.version() < OLDEST) {
            throw Failures.permanent(
                    "%s runs PostgreSQL %s".formatted(settings.server(), catalog.text("SHOW server_version")),
                    "capture needs PostgreSQL 14 or later");
        }
        checkOrigin(settings, catalog.version());
        String level = catalog.text("SHOW wal_level");
        if (!level.equals("logical")) {
            throw Failures.permanent(
                    "wal_level of %s is %s, and capture needs logical".formatted(settings.server(), level),
                    "ALTER SYSTEM SET wal_level = logical; then restart the server");
        }
        if (!catalog.flag("SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user")) {
            throw Failures.permanent(
                    "user '%s' at %s may not replicate"
                            .formatted(settings.server().user(), settings.server()),
                    "ALTER ROLE %s REPLICATION"
                            .formatted(Catalog.quoted(settings.server().user())));
        }
        checkTables();
        checkSlot();
        if (catalog.standby()) {
            new StandbyCheck(settings, catalog).check(captured(settings, catalog));
        }
    }

    static void checkOrigin(PostgresSettings settings, int version) throws SourceFailure {
        if (settings.origin() == Origin.NONE && version < KNOWS_ORIGIN) {
            throw Failures.permanent(
                    "source.postgresql.origin: none needs PostgreSQL 16 or later, and %s runs %d"
                            .formatted(settings.server(), version / 10_000),
                    "write origin: any, or leave it out; changes that came in by replication are then captured too");
        }
    }

    private void checkTables() throws SQLException, SourceFailure {
        List<TableId> all = catalog.tables();
        for (String pattern : settings.tables()) {
            if (all.stream().noneMatch(table -> PostgresSettings.matches(pattern, table))) {
                String nearest = Settings.nearest(
                                pattern, all.stream().map(TableId::text).toList())
                        .map("did you mean %s?"::formatted)
                        .orElseGet(() -> "tables there: "
                                + all.stream().limit(10).map(TableId::text).collect(Collectors.joining(", ")));
                throw Failures.permanent(
                        "source.postgresql.tables: %s matches no table of %s".formatted(pattern, settings.server()),
                        nearest);
            }
        }
        for (TableId table : captured(settings, catalog)) {
            if (settings.snapshot() == PostgresSettings.Snapshot.INCREMENTAL
                    && catalog.identity(table).identity().isEmpty()) {
                throw Failures.permanent(
                        "snapshot: incremental reads tables by their keys, and %s has none".formatted(table),
                        "give it a primary key, or set source.postgresql.snapshot: initial");
            }
            if (!catalog.flag("SELECT has_table_privilege(?, 'SELECT')", Catalog.quoted(table))) {
                throw Failures.permanent(
                        "user '%s' may not read %s".formatted(settings.server().user(), table),
                        "GRANT SELECT ON %s TO %s"
                                .formatted(
                                        Catalog.quoted(table),
                                        Catalog.quoted(settings.server().user())));
            }
        }
    }

    private void checkSlot() throws SQLException, SourceFailure {
        if (catalog.slot(settings.slot()).isEmpty()
                && catalog.flag("SELECT count(*) >= current_setting('max_replication_slots')::int"
                        + " FROM pg_replication_slots")) {
            throw Failures.permanent(
                    "%s has no replication slot left: max_replication_slots is %s"
                            .formatted(settings.server(), catalog.text("SHOW max_replication_slots")),
                    "drop a slot that nobody uses (SELECT slot_name FROM pg_replication_slots WHERE NOT active), or ALTER"
                            + " SYSTEM SET max_replication_slots = <more> and restart the server");
        }
    }

    /**
     * The columns that do not come, as {@code schema.table.column}: dropped by the settings, computed by the server, or left out by the
     * publication.
     */
    static List<String> excluded(
            PostgresSettings settings, Catalog catalog, List<TableId> tables, Map<TableId, Catalog.Published> published)
            throws SQLException {
        List<String> excluded = new ArrayList<>(settings.dropped());
        excluded.addAll(catalog.generated(tables));
        for (TableId table : tables) {
            List<String> listed =
                    published.containsKey(table) ? published.get(table).columns() : List.of();
            if (!listed.isEmpty()) {
                catalog.columns(table, excluded).stream()
                        .map(typed -> typed.column().name())
                        .filter(name -> !listed.contains(name))
                        .forEach(name -> excluded.add(table.text() + "." + name));
            }
        }
        return excluded;
    }

    public static List<TableId> captured(PostgresSettings settings, Catalog catalog) throws SQLException {
        return catalog.tables().stream().filter(settings::captures).toList();
    }
}
