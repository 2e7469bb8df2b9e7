package io.deltastreams.source.postgres;

import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.Connections;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.SlotNotice;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.replication.LogSequenceNumber;

/**
 * A snapshot that several sessions see alike, and that fits a slot's start: every transaction whose commit record begins before {@link #place} is in
 * it, and no other (PostgreSQL manual, "Streaming Replication Protocol", CREATE_REPLICATION_SLOT with SNAPSHOT 'export').
 */
final class ExportedSnapshot implements AutoCloseable {

    private static final int NAME_LENGTH = 63;
    private static final String REST = "_rest";

    private final List<Connection> sessions;
    private final long place;
    private final Instant takenAt;
    private final long oldestRunning;

    private ExportedSnapshot(List<Connection> sessions, long place, Instant takenAt, long oldestRunning) {
        this.sessions = sessions;
        this.place = place;
        this.takenAt = takenAt;
        this.oldestRunning = oldestRunning;
    }

    /**
     * Takes it, and with it makes the slot; waits for transactions that are running.
     *
     * @param plan with the slot there already, another one, which goes at once, has to tell the place
     */
    static ExportedSnapshot take(PostgresSettings settings, Preparation.Plan plan)
            throws SQLException, InterruptedException {
        List<Connection> sessions = new ArrayList<>();
        // The snapshot is there for others only until this session's next command.
        try (Interruptible exporter = new Interruptible(Connections.openForReplication(settings.server()))) {
            Exported exported = exported(settings, plan, exporter);
            for (int i = 0; i < settings.snapshotConnections(); i++) {
                sessions.add(imported(settings, exported.name()));
            }
            return described(sessions, exported.place());
        } catch (SQLException e) {
            close(sessions);
            throw e;
        }
    }

    private record Exported(long place, String name) {}

    private static Exported exported(PostgresSettings settings, Preparation.Plan plan, Interruptible exporter)
            throws SQLException, InterruptedException {
        try (SlotNotice _ = SlotNotice.of(settings, plan.server())) {
            return exporter.call(connection -> export(connection, settings, plan));
        }
    }

    private static Exported export(Connection connection, PostgresSettings settings, Preparation.Plan plan)
            throws SQLException {
        String name = plan.slot()
                ? settings.slot().substring(0, Math.min(settings.slot().length(), NAME_LENGTH - REST.length())) + REST
                : settings.slot();
        // The form without brackets is the one that every server since version 14 understands.
        String command = "CREATE_REPLICATION_SLOT %s%s LOGICAL pgoutput %s"
                .formatted(
                        Catalog.quoted(name),
                        plan.slot() ? " TEMPORARY" : "",
                        plan.failover() && !plan.slot() ? "(SNAPSHOT 'export', FAILOVER)" : "EXPORT_SNAPSHOT");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(command)) {
            row.next();
            return new Exported(
                    LogSequenceNumber.valueOf(row.getString("consistent_point")).asLong(),
                    row.getString("snapshot_name"));
        }
    }

    private static Connection imported(PostgresSettings settings, String name) throws SQLException {
        Connection session = Connections.openForValues(settings.server());
        try (Statement statement = session.createStatement()) {
            session.setAutoCommit(false);
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            statement.execute("SET TRANSACTION SNAPSHOT '" + name + "'");
            // A command of ours may take as long as a table needs, and waits while the log has no room.
            statement.execute("SET LOCAL statement_timeout = 0");
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
            return session;
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    private static ExportedSnapshot described(List<Connection> sessions, long place) throws SQLException {
        try (Statement statement = sessions.getFirst().createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT clock_timestamp(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint")) {
            row.next();
            return new ExportedSnapshot(
                    List.copyOf(sessions),
                    place,
                    row.getObject(1, OffsetDateTime.class).toInstant(),
                    row.getLong(2));
        }
    }

    /** In a transaction each, under the snapshot. */
    List<Connection> sessions() {
        return sessions;
    }

    /** What the catalog tells, through one of the sessions. */
    Catalog catalog() {
        return Catalog.over(sessions.getFirst());
    }

    long place() {
        return place;
    }

    Instant takenAt() {
        return takenAt;
    }

    /** The oldest transaction that ran when it was taken; everything older is in it. */
    long oldestRunning() {
        return oldestRunning;
    }

    @Override
    public void close() throws SQLException {
        close(sessions);
    }

    private static void close(List<Connection> sessions) throws SQLException {
        for (Connection session : sessions) {
            session.abort(Runnable::run);
        }
    }
}
