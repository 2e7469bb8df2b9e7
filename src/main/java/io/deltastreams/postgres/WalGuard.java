package io.deltastreams.postgres;

import io.deltastreams.source.Intake;
import io.deltastreams.source.Intake.RetainedLog;
import java.sql.SQLException;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Asks how much log the server keeps for our slot, tells it on, and warns once whenever it becomes too much. One thread. */
public final class WalGuard {

    private static final Logger LOG = Logger.getLogger(WalGuard.class);

    private final PostgresSettings settings;
    private final Intake intake;
    private boolean warned;

    public WalGuard(PostgresSettings settings, Intake intake) {
        this.settings = settings;
        this.intake = intake;
    }

    /**
     * Looks every heartbeat until it is closed.
     *
     * @param session used by the watch alone until then
     */
    public static Beat watch(Catalog session, PostgresSettings settings, Intake intake) {
        WalGuard guard = new WalGuard(settings, intake);
        // The capture beside us meets the same trouble and tells it; the figure comes back with the next run.
        return Beat.start(
                "delta-streams-wal-watch",
                settings.heartbeat(),
                () -> guard.look(session),
                failure -> LOG.debugf(failure, "slot=%s", settings.slot()));
    }

    /** Looks; says whether the budget is passed. */
    public boolean look(Catalog session) throws SQLException {
        Optional<Catalog.Retained> found = session.retained(settings.slot());
        if (found.isEmpty()) {
            return false;
        }
        RetainedLog told = settings.budget().judge(found.get());
        intake.retained(told);
        if (!told.warning().isEmpty() && !warned) {
            LOG.warnf("slot=%s retained_wal=%d warning=\"%s\"", settings.slot(), told.bytes(), told.warning());
        }
        warned = !told.warning().isEmpty();
        return settings.budget().isPassed(found.get());
    }
}
