package io.deltastreams.postgres;

import io.deltastreams.source.Intake;
import java.sql.SQLException;
import org.jboss.logging.Logger;

/** Tells every heartbeat how much log the server keeps for our slot, and so keeps the session alive that holds the slot's name. */
public final class WalWatch implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(WalWatch.class);

    private final Catalog session;
    private final PostgresSettings settings;
    private final WalGuard guard;
    private final Thread thread;

    private WalWatch(Catalog session, PostgresSettings settings, Intake intake) {
        this.session = session;
        this.settings = settings;
        this.guard = new WalGuard(settings, intake);
        this.thread =
                Thread.ofPlatform().name("delta-streams-wal-watch").daemon().unstarted(this::watch);
    }

    /** @param session used by the watch alone until it is closed */
    public static WalWatch start(Catalog session, PostgresSettings settings, Intake intake) {
        WalWatch watch = new WalWatch(session, settings, intake);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try {
            while (true) {
                guard.look(session);
                Thread.sleep(settings.heartbeat());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            // The capture beside us meets the same trouble and tells it; the figure comes back with the next run.
            LOG.debugf(e, "slot=%s", settings.slot());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
