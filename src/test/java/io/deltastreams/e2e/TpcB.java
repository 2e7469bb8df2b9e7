package io.deltastreams.e2e;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The tables and the transaction of {@code pgbench -i -s 1} and {@code pgbench -c N}, so that no pgbench needs to be installed. */
final class TpcB implements AutoCloseable {

    private static final int ACCOUNTS = 100_000;
    private static final int TELLERS = 10;

    private final String jdbcUrl;
    private final Duration thinking;
    private final AtomicLong transactions = new AtomicLong();
    private final List<Thread> clients;
    private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
    private volatile boolean stopped;

    private TpcB(String jdbcUrl, int clients, long seed, Duration thinking) {
        this.jdbcUrl = jdbcUrl;
        this.thinking = thinking;
        this.clients = IntStream.range(0, clients)
                .mapToObj(client -> Thread.ofVirtual().start(() -> run(new Random(seed + client))))
                .toList();
    }

    static void initialize(String jdbcUrl) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    CREATE TABLE pgbench_history(tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
                    CREATE TABLE pgbench_tellers(tid int NOT NULL, bid int, tbalance int, filler char(84)) WITH (fillfactor=100);
                    CREATE TABLE pgbench_accounts(aid int NOT NULL, bid int, abalance int, filler char(84)) WITH (fillfactor=100);
                    CREATE TABLE pgbench_branches(bid int NOT NULL, bbalance int, filler char(88)) WITH (fillfactor=100);
                    INSERT INTO pgbench_branches(bid, bbalance) VALUES (1, 0);
                    INSERT INTO pgbench_tellers(tid, bid, tbalance) SELECT i, 1, 0 FROM generate_series(1, %d) i;
                    INSERT INTO pgbench_accounts(aid, bid, abalance, filler) SELECT i, 1, 0, '' FROM generate_series(1, %d) i;
                    ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid);
                    ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid);
                    ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid);
                    """.formatted(TELLERS, ACCOUNTS));
        }
    }

    /** Begins as pgbench does, with an empty history, and runs transactions until closed; clients come back when the server does. */
    static TpcB start(String jdbcUrl, int clients, long seed) throws SQLException {
        return start(jdbcUrl, clients, seed, Duration.ZERO);
    }

    /** @param thinking how long each client waits behind each transaction, so that something of the machine is left to others */
    static TpcB start(String jdbcUrl, int clients, long seed, Duration thinking) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement()) {
            statement.execute("TRUNCATE pgbench_history");
        }
        return new TpcB(jdbcUrl, clients, seed, thinking);
    }

    long transactions() {
        return transactions.get();
    }

    private void run(Random random) {
        while (!stopped) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl);
                    Statement statement = connection.createStatement()) {
                while (!stopped) {
                    statement.execute(transaction(random));
                    transactions.incrementAndGet();
                    LockSupport.parkNanos(thinking.toNanos());
                }
            } catch (SQLException e) {
                if (e.getSQLState() == null || !e.getSQLState().matches("(08|57|55).*|XX000|25P02")) {
                    failure.compareAndSet(null, e);
                    return;
                }
                LockSupport.parkNanos(20_000_000);
            }
        }
    }

    private static String transaction(Random random) {
        int aid = 1 + random.nextInt(ACCOUNTS);
        int tid = 1 + random.nextInt(TELLERS);
        int delta = random.nextInt(10_001) - 5_000;
        return """
                BEGIN;
                UPDATE pgbench_accounts SET abalance = abalance + %2$d WHERE aid = %1$d;
                SELECT abalance FROM pgbench_accounts WHERE aid = %1$d;
                UPDATE pgbench_tellers SET tbalance = tbalance + %2$d WHERE tid = %3$d;
                UPDATE pgbench_branches SET bbalance = bbalance + %2$d WHERE bid = 1;
                INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (%3$d, 1, %1$d, %2$d, CURRENT_TIMESTAMP);
                COMMIT;""".formatted(aid, delta, tid);
    }

    /** Fails where a client gave up, for then there was less load than the test says. */
    @Override
    public void close() {
        stopped = true;
        for (Thread client : clients) {
            try {
                client.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (failure.get() != null) {
            throw new IllegalStateException("a client gave up", failure.get());
        }
    }
}
