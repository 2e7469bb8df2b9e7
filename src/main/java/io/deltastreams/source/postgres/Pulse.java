package io.deltastreams.source.postgres;

import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.WalBudget;
import io.deltastreams.postgres.WalGuard;
import io.deltastreams.source.Intake;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * What goes on beside the reading: tells the server every second what is durable, and every heartbeat writes a logical message, so that the slot
 * moves although only other databases of the cluster are busy, and asks how much log the server keeps for us. It owns the session that holds the
 * slot's name; when the server no longer answers there, capture ends.
 */
final class Pulse implements AutoCloseable {

    private static final Duration BEAT = Duration.ofSeconds(1);

    private final Catalog session;
    private final PostgresSettings settings;
    private final WalGuard guard;
    private final Acknowledgement acknowledgement;
    private final Consumer<Throwable> failed;
    private final Thread thread;

    private Pulse(
            Catalog session,
            PostgresSettings settings,
            Intake intake,
            Acknowledgement acknowledgement,
            Consumer<Throwable> failed) {
        this.session = session;
        this.settings = settings;
        this.guard = new WalGuard(settings, intake);
        this.acknowledgement = acknowledgement;
        this.failed = failed;
        this.thread = Thread.ofPlatform().name("delta-streams-pulse").daemon().unstarted(this::beat);
    }

    static Pulse start(
            Catalog session,
            PostgresSettings settings,
            Intake intake,
            Acknowledgement acknowledgement,
            Consumer<Throwable> failed) {
        Pulse pulse = new Pulse(session, settings, intake, acknowledgement, failed);
        pulse.thread.start();
        return pulse;
    }

    private void beat() {
        Instant next = Instant.MIN;
        try {
            while (true) {
                acknowledgement.tell();
                Instant now = Instant.now();
                if (!now.isBefore(next)) {
                    next = now.plus(settings.heartbeat());
                    session.heartbeat();
                    look();
                }
                Thread.sleep(settings.heartbeat().compareTo(BEAT) < 0 ? settings.heartbeat() : BEAT);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (SQLException | RuntimeException e) {
            failed.accept(e);
        }
    }

    private void look() throws SQLException {
        if (guard.look(session) && settings.budget().action() == WalBudget.Action.RESNAPSHOT) {
            throw new BudgetPassed();
        }
    }

    /** The server keeps more log for us than it may. */
    static final class BudgetPassed extends RuntimeException {
        private static final long serialVersionUID = 1L;
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
