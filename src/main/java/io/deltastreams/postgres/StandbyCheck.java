package io.deltastreams.postgres;

import io.deltastreams.change.TableId;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What else has to be so where the server is a hot standby (PostgreSQL manual, "Logical Decoding Concepts"). */
final class StandbyCheck {

    private static final int V16 = 160_000;

    private final PostgresSettings settings;
    private final Catalog catalog;

    StandbyCheck(PostgresSettings settings, Catalog catalog) {
        this.settings = settings;
        this.catalog = catalog;
    }

    /** @throws SourceFailure with what the user would have to do before capture from the standby can work */
    void check(List<TableId> tables) throws SQLException, SourceFailure {
        if (catalog.version() < V16) {
            throw Failures.permanent(
                    "%s is a standby that runs PostgreSQL %s"
                            .formatted(settings.server(), catalog.text("SHOW server_version")),
                    "capture from a standby needs PostgreSQL 16 or later; the primary will do with"
                            + " target_session_attrs=read-write in source.postgresql.url");
        }
        Optional<Catalog.Slot> slot = catalog.slot(settings.slot());
        if (slot.isPresent() && slot.get().copy()) {
            throw new SourceFailure(
                    Kind.TRANSIENT,
                    "slot '%s' at the standby %s is the copy that it keeps of the primary's, which nobody may read before a promotion"
                            .formatted(settings.slot(), settings.server()),
                    "read the primary, with target_session_attrs=read-write in source.postgresql.url, or the standby with a slot of"
                            + " its own in source.postgresql.slot; it is tried again",
                    null);
        }
        Optional<Catalog.Publication> publication = catalog.publication(settings.publication());
        List<TableId> missing = publication.map(found -> found.missing(tables)).orElse(tables);
        if (!missing.isEmpty()) {
            throw Failures.permanent(
                    "publication '%s' at the standby %s %s"
                            .formatted(
                                    settings.publication(),
                                    settings.server(),
                                    publication.isEmpty() ? "is missing" : "lacks " + missing.getFirst()),
                    "at the primary: "
                            + (publication.isEmpty()
                                    ? Preparation.createPublication(settings, tables)
                                    : Preparation.addToPublication(settings, missing)));
        }
    }

    /** What a user should know of a standby that will do. */
    List<String> notes() throws SQLException {
        return catalog.text("SHOW hot_standby_feedback").equals("on")
                ? List.of()
                : List.of(
                        ("hot_standby_feedback of the standby %s is off: when the primary vacuums what the slot still needs, the slot is"
                                        + " lost; ALTER SYSTEM SET hot_standby_feedback = on, and give the standby a primary_slot_name")
                                .formatted(settings.server()));
    }
}
