package io.deltastreams.postgres;

import io.deltastreams.change.ResumeToken;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.SourceFailure;
import java.sql.SQLException;

/**
 * Where the server's log ended at a moment: everything that was committed until then stands before it. The slot gets there also where nothing of
 * ours was written, by the heartbeats.
 */
public final class LogEnd implements ChangeSource.End {

    private final PostgresSettings settings;
    private final long lsn;

    private LogEnd(PostgresSettings settings, long lsn) {
        this.settings = settings;
        this.lsn = lsn;
    }

    /** As it is now. */
    public static LogEnd of(PostgresSettings settings) throws SourceFailure {
        try (Catalog catalog = Catalog.open(settings.server())) {
            LogEnd end = new LogEnd(settings, catalog.logEnd());
            // Something behind it that readers get at once, where nobody else writes.
            catalog.heartbeat();
            return end;
        } catch (SQLException e) {
            throw Failures.of(settings, e);
        }
    }

    @Override
    public boolean isReached(ResumeToken token) {
        return ResumePoint.of(token)
                .filter(ResumePoint::isWhole)
                .filter(point -> Long.compareUnsigned(point.lsn(), lsn) >= 0)
                .isPresent();
    }

    @Override
    public boolean isAcknowledged() throws SourceFailure {
        try (Catalog catalog = Catalog.open(settings.server())) {
            return catalog.slot(settings.slot())
                    .filter(slot -> Long.compareUnsigned(slot.confirmed(), lsn) >= 0)
                    .isPresent();
        } catch (SQLException e) {
            throw Failures.of(settings, e);
        }
    }
}
