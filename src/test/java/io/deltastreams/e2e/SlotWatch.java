package io.deltastreams.e2e;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** When a slot's reader began, as the server tells it: the same clock for every reader, and none has a start of its own left out behind it. */
final class SlotWatch {

    private static final Duration PAUSE = Duration.ofMillis(5);

    private final CompletableFuture<Long> at;

    private SlotWatch(CompletableFuture<Long> at) {
        this.at = at;
    }

    /** Watches for its reader. */
    static SlotWatch read(String jdbcUrl, String slot) {
        return start(jdbcUrl, slot, "SELECT active FROM pg_replication_slots WHERE slot_name = ?");
    }

    /** Watches for the slot itself, which is made at the start of a snapshot. */
    static SlotWatch made(String jdbcUrl, String slot) {
        return start(jdbcUrl, slot, "SELECT true FROM pg_replication_slots WHERE slot_name = ?");
    }

    private static SlotWatch start(String jdbcUrl, String slot, String query) {
        return new SlotWatch(CompletableFuture.supplyAsync(
                () -> watch(jdbcUrl, slot, query),
                task -> Thread.ofPlatform().daemon().start(task)));
    }

    private static long watch(String jdbcUrl, String slot, String query) {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, slot);
            while (true) {
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next() && row.getBoolean(1)) {
                        return System.nanoTime();
                    }
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In nanoseconds of {@link System#nanoTime}; waits for it. */
    long nanos() {
        return at.join();
    }
}
