package io.deltastreams.source.postgres;

import io.deltastreams.postgres.Acknowledgement;
import io.deltastreams.postgres.Beat;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.EpochNote;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.postgres.WalBudget;
import io.deltastreams.postgres.WalGuard;
import io.deltastreams.source.Intake;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What goes on beside the reading: tells the server every second what is durable, and every heartbeat writes a logical message, so that the slot
 * moves although only other databases of the cluster are busy, and asks how much log the server keeps for us. It owns the session that holds the
 * slot's name; when the server no longer answers there, capture ends.
 */
final class Pulse {

    private static final Duration BEAT = Duration.ofSeconds(1);

    private final Catalog session;
    private final PostgresSettings settings;
    private final WalGuard guard;
    private final Acknowledgement<ResumePoint> acknowledgement;
    private final Consumer<ResumePoint> flushed;
    private final Optional<EpochNote> note;
    private Instant next = Instant.MIN;

    /**
     * @param flushed told the place up to which the server may forget
     * @param note told the same before
     */
    Pulse(
            Catalog session,
            PostgresSettings settings,
            Intake intake,
            Acknowledgement<ResumePoint> acknowledgement,
            Consumer<ResumePoint> flushed,
            Optional<EpochNote> note) {
        this.session = session;
        this.settings = settings;
        this.guard = new WalGuard(settings, intake);
        this.acknowledgement = acknowledgement;
        this.flushed = flushed;
        this.note = note;
    }

    Beat start(Consumer<Throwable> failed) {
        Duration pause = settings.heartbeat().compareTo(BEAT) < 0 ? settings.heartbeat() : BEAT;
        return Beat.start("delta-streams-pulse", pause, this::beat, failed);
    }

    private void beat() throws SQLException {
        Optional<ResumePoint> safe = acknowledgement.safe();
        if (safe.isPresent()) {
            if (note.isPresent()) {
                note.get().reached(safe.get());
            }
            flushed.accept(safe.get());
        }
        Instant now = Instant.now();
        if (!now.isBefore(next)) {
            if (next.equals(Instant.MIN)) {
                session.streams();
            }
            next = now.plus(settings.heartbeat());
            session.heartbeat();
            if (guard.look(session) && settings.budget().action() == WalBudget.Action.RESNAPSHOT) {
                throw new BudgetPassed();
            }
        }
    }

    /** The server keeps more log for us than it may. */
    static final class BudgetPassed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
