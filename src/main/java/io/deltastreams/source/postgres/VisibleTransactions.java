package io.deltastreams.source.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/**
 * Which transactions a session sees, as {@code pg_current_snapshot()} tells it: those before {@code end} that are not running. A commit is in the log
 * a moment before it is visible, and for long where a synchronous standby has to have it first.
 *
 * @param end the first number that was not given yet, in 64 bits
 */
record VisibleTransactions(long end, Set<String> running) {

    static VisibleTransactions of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_current_snapshot()::text")) {
            row.next();
            return parse(row.getString(1));
        }
    }

    /** @param text {@code 10:20:10,14,15} */
    static VisibleTransactions parse(String text) {
        String[] parts = text.split(":", -1);
        Set<String> running = Set.of(parts[2].split(",", -1));
        return new VisibleTransactions(Long.parseLong(parts[1]), running);
    }

    /** @param transaction its number as the log has it, in 32 bits */
    boolean sees(String transaction) {
        int behind = (int) end - Integer.parseUnsignedInt(transaction);
        return behind > 0 && !running.contains(Long.toString(end - behind));
    }
}
