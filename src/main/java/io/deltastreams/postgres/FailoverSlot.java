package io.deltastreams.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jboss.logging.Logger;

/**
 * Whether our slot is one that standbys keep a copy of, so that it is there after a promotion (PostgreSQL manual, "Replication Slot
 * Synchronization"). A new one is, unless the settings say otherwise: where no standby is set to keep copies that costs nothing, and
 * where one is, it was meant for this.
 */
final class FailoverSlot {

    private static final Logger LOG = Logger.getLogger(FailoverSlot.class);
    private static final int V17 = 170_000;

    private FailoverSlot() {}

    /** Whether a new slot is made so. */
    static boolean wanted(PostgresSettings settings, Catalog catalog, boolean standby) throws SQLException {
        boolean can = catalog.version() >= V17 && !standby;
        if (!can && settings.failover().orElse(false)) {
            LOG.warnf(
                    "slot=%s failover=true note=\"has no effect: %s\"",
                    settings.slot(),
                    standby ? "a slot on a standby is not copied" : "PostgreSQL copies slots from version 17 on");
        }
        return can && settings.failover().orElse(true);
    }

    /** Makes a slot that is there what the settings say, if they do. */
    static void adjust(PostgresSettings settings, Catalog catalog, Catalog.Slot slot, boolean standby)
            throws SQLException {
        if (settings.failover().isEmpty() || catalog.version() < V17 || standby) {
            return;
        }
        boolean wanted = wanted(settings, catalog, false);
        if (slot.failover() != wanted) {
            // There is no function for it, only the replication protocol's command.
            try (Connection connection = Connections.openForReplication(settings.server());
                    Statement statement = connection.createStatement()) {
                statement.execute(
                        "ALTER_REPLICATION_SLOT %s (FAILOVER %s)".formatted(Catalog.quoted(settings.slot()), wanted));
            }
            LOG.infof("slot=%s failover=%s", settings.slot(), wanted);
        }
    }
}
