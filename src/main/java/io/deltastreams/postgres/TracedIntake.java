package io.deltastreams.postgres;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.source.Intake;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * An intake that is told with each resume token whose log it is a place in.
 *
 * <p>A primary keeps its timeline for life. A standby goes over to another one when it is promoted, or its primary's successor is, and what
 * it sends goes on through that: it is one history. So a standby is asked every second; what comes before it has answered is taken to be of the
 * timeline that was, which a restart just then would find to have ended earlier, and begin a new epoch for nothing.
 */
public final class TracedIntake implements Intake, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(TracedIntake.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Intake intake;
    private final PostgresSettings settings;
    private final ServerHistory server;
    private volatile Lineage lineage;
    private volatile @Nullable Connection connection;
    private @Nullable Beat watch;

    private TracedIntake(Intake intake, PostgresSettings settings, ServerHistory server) {
        this.intake = intake;
        this.settings = settings;
        this.server = server;
        this.lineage = server.lineage();
    }

    /** @param server as it was when the source looked where to begin */
    public static TracedIntake over(Intake intake, PostgresSettings settings, ServerHistory server) {
        TracedIntake traced = new TracedIntake(intake, settings, server);
        if (server.standby()) {
            traced.watch = Beat.start("delta-streams-timeline", PAUSE, traced::look, _ -> {});
        }
        return traced;
    }

    private void look() throws SQLException {
        try {
            Connection open = connection;
            if (open == null) {
                open = Connections.openForReplication(settings.server());
                connection = open;
            }
            if (server.isOf(Catalog.over(open))) {
                moved(ServerHistory.lineage(open));
            } else {
                disconnect();
            }
        } catch (SQLException e) {
            // Capture meets the same trouble and tells it.
            LOG.debugf(e, "slot=%s", settings.slot());
            disconnect();
        }
    }

    private void moved(Lineage now) {
        if (!now.equals(lineage)) {
            LOG.infof("slot=%s timeline=%d note=\"the standby went over to it\"", settings.slot(), now.timeline());
            lineage = now;
        }
    }

    private void disconnect() throws SQLException {
        Connection open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void take(Batch batch) throws InterruptedException {
        intake.take(new Batch(batch.transactions(), traced(batch.resume())));
    }

    private ResumeToken traced(ResumeToken token) {
        return ResumePoint.of(token).map(point -> point.of(lineage).token()).orElse(token);
    }

    @Override
    public Optional<Position> durable() {
        return intake.durable();
    }

    @Override
    public Optional<ResumeToken> kept() {
        return intake.kept();
    }

    @Override
    public void progress(SnapshotProgress progress) {
        intake.progress(progress);
    }

    @Override
    public void retained(RetainedLog retained) {
        intake.retained(retained);
    }

    @Override
    public void close() throws SQLException {
        Beat beat = watch;
        if (beat != null) {
            abort();
            beat.close();
            abort();
        }
    }

    /** Also under a step that waits for an answer. */
    private void abort() throws SQLException {
        Connection open = connection;
        if (open != null) {
            open.abort(Runnable::run);
        }
    }
}
