package io.deltastreams.source.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Set;

/**
 * Which transactions a session sees, as {@code pg_current_snapshot()} tells it: those before {@code end} that are not running. A commit is in the log
 * a moment before it is visible, and for long where a synchronous standby has to have it first.
 *
 * @param oldestRunning every transaction before it has ended, in 64 bits
 * @param end behind the last that has ended, in 64 bits; later ones may be running, and are not listed
 * @param running those before the end that have not ended, in 32 bits
 */
record VisibleTransactions(long oldestRunning, long end, Set<Integer> running) {

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
        Set<Integer> running = new HashSet<>();
        for (String transaction : parts[2].isEmpty() ? new String[0] : parts[2].split(",", -1)) {
            running.add((int) Long.parseLong(transaction));
        }
        return new VisibleTransactions(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Set.copyOf(running));
    }

    /** @param transaction its number as a change's transaction has it */
    boolean sees(String transaction) {
        return sees(Integer.parseUnsignedInt(transaction));
    }

    /** @param transaction its number as the log has it, in 32 bits */
    boolean sees(int transaction) {
        return (int) end - transaction > 0 && !running.contains(transaction);
    }
}
