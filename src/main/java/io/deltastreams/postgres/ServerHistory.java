package io.deltastreams.postgres;

import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.replication.LogSequenceNumber;

/**
 * What a server tells of the log it has (PostgreSQL manual, "Streaming Replication Protocol", {@code IDENTIFY_SYSTEM} and {@code TIMELINE_HISTORY}).
 *
 * @param host where it answers, one of several perhaps
 * @param standby whether it replays another's log
 * @param startedAt when the server was started, which tells it from its neighbours
 * @param end where its log ends now
 * @param branches by timeline that went before, where the next one left it
 */
public record ServerHistory(
        Lineage lineage, Server.Host host, boolean standby, String startedAt, long end, Map<Integer, Long> branches) {

    private static final String STARTED = "extract(epoch FROM pg_postmaster_start_time())::text";

    private static final Pattern BRANCH = Pattern.compile("^\\s*(\\d+)\\s+([0-9A-F]+/[0-9A-F]+)", Pattern.MULTILINE);

    public ServerHistory {
        branches = Map.copyOf(branches);
    }

    /** @param session at the server that is meant, one of several perhaps */
    static ServerHistory of(PostgresSettings settings, Catalog session) throws SQLException, SourceFailure {
        ServerHistory server = of(settings.server());
        server.require(session, settings);
        return server;
    }

    private void require(Catalog session, PostgresSettings settings) throws SQLException, SourceFailure {
        if (!isOf(session)) {
            throw new SourceFailure(
                    Kind.TRANSIENT,
                    "another server than before answers at %s".formatted(settings.server()),
                    "it is tried again with that one",
                    null);
        }
    }

    /** The session, if it is this very server's: among several hosts another one may answer meanwhile. */
    public Connection same(Connection session, PostgresSettings settings) throws SQLException, SourceFailure {
        require(Catalog.over(session), settings);
        return session;
    }

    private static ServerHistory of(Server server) throws SQLException {
        try (Connection connection = Connections.openForReplication(server)) {
            String[] told = row(connection, "IDENTIFY_SYSTEM", 3);
            String[] about = row(connection, "SELECT pg_is_in_recovery(), " + STARTED, 2);
            Lineage lineage = new Lineage(told[0], Integer.parseInt(told[1]));
            // The first timeline has no history.
            String file =
                    lineage.timeline() == 1 ? "" : row(connection, "TIMELINE_HISTORY " + lineage.timeline(), 2)[1];
            return new ServerHistory(
                    lineage,
                    Connections.host(connection),
                    about[0].equals("t"),
                    about[1],
                    LogSequenceNumber.valueOf(told[2]).asLong(),
                    branches(file));
        }
    }

    /** As it is now, over a replication session. */
    static Lineage lineage(Connection connection) throws SQLException {
        String[] told = row(connection, "IDENTIFY_SYSTEM", 2);
        return new Lineage(told[0], Integer.parseInt(told[1]));
    }

    /** Whether a session, of replication or not, is this very server's. */
    boolean isOf(Catalog session) throws SQLException {
        return session.text("SELECT " + STARTED).equals(startedAt);
    }

    private static String[] row(Connection connection, String command, int columns) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(command)) {
            row.next();
            String[] texts = new String[columns];
            for (int column = 0; column < columns; column++) {
                texts[column] = String.valueOf(row.getString(column + 1));
            }
            return texts;
        }
    }

    static Map<Integer, Long> branches(String file) {
        Map<Integer, Long> branches = new HashMap<>();
        Matcher matcher = BRANCH.matcher(file);
        while (matcher.find()) {
            branches.put(
                    Integer.parseInt(matcher.group(1)),
                    LogSequenceNumber.valueOf(matcher.group(2)).asLong());
        }
        return branches;
    }

    /** Why not everything up to the point is in this server's log; empty if it is, as far as the point tells where it comes from. */
    Optional<String> lacks(ResumePoint point) {
        Optional<String> reason = point.lineage().flatMap(captured -> lacks(captured, point.lsn()));
        // A standby may be behind; it will get there.
        if (reason.isEmpty() && !standby && Long.compareUnsigned(end, point.lsn()) < 0) {
            return Optional.of("the server's log ends at %s: it was set back".formatted(ResumePoint.text(end)));
        }
        return reason;
    }

    private Optional<String> lacks(Lineage captured, long lsn) {
        if (!captured.system().equals(lineage.system())) {
            return Optional.of("the server is of another cluster (system identifier %s, and it was %s)"
                    .formatted(lineage.system(), captured.system()));
        }
        if (captured.timeline() == lineage.timeline()) {
            return Optional.empty();
        }
        Long left = branches.get(captured.timeline());
        if (left == null) {
            return Optional.of("the server's timeline %d does not come from timeline %d"
                    .formatted(lineage.timeline(), captured.timeline()));
        }
        return Long.compareUnsigned(lsn, left) <= 0
                ? Optional.empty()
                : Optional.of("the server was promoted at %s to timeline %d and never had what was captured behind that"
                        .formatted(ResumePoint.text(left), lineage.timeline()));
    }

    /** A primary that comes back after another was promoted still has the slot, and rows that are history. */
    void refuseLeftBehind(PostgresSettings settings, ResumePoint point) throws SourceFailure {
        Lineage captured = point.lineage().orElse(lineage);
        if (captured.system().equals(lineage.system()) && captured.timeline() > lineage.timeline()) {
            throw new SourceFailure(
                    Kind.TRANSIENT,
                    "%s is on timeline %d, and what was captured comes from timeline %d: a failover seems to have left it behind"
                            .formatted(host, lineage.timeline(), captured.timeline()),
                    ("make it a standby of the new primary, or take it out of source.postgresql.url; if the database was set back on"
                                    + " purpose, SELECT pg_drop_replication_slot('%s') there, and a new epoch begins")
                            .formatted(settings.slot()),
                    null);
        }
    }
}
