package io.deltastreams.demo;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * A shop in which something always happens: customers sign up and move, orders come with their lines in one transaction, a payment
 * sets its order PAID in the same transaction, some are cancelled, old ones are deleted. One virtual thread does it all; it waits and
 * connects again when the server restarts. The tables stay small however long it runs.
 */
public final class Shop implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Shop.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final Duration GOODBYE = Duration.ofSeconds(5);

    private static final String SCHEMA = """
            DO $$ BEGIN
              CREATE TYPE order_status AS ENUM ('NEW', 'PAID', 'SHIPPED', 'CANCELLED');
            EXCEPTION WHEN duplicate_object THEN NULL;
            END $$;
            CREATE TABLE IF NOT EXISTS customers (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              name text NOT NULL,
              email text NOT NULL,
              address jsonb NOT NULL,
              interests text[] NOT NULL DEFAULT '{}',
              notes text,
              created_at timestamptz NOT NULL DEFAULT now()
            );
            -- Uncompressed and out of line: an update that leaves the notes alone does not carry them.
            ALTER TABLE customers ALTER COLUMN notes SET STORAGE EXTERNAL;
            CREATE TABLE IF NOT EXISTS orders (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              customer_id bigint NOT NULL REFERENCES customers,
              status order_status NOT NULL DEFAULT 'NEW',
              amount numeric(12,2) NOT NULL CHECK (amount > 0),
              currency char(3) NOT NULL DEFAULT 'EUR',
              details jsonb,
              created_at timestamptz NOT NULL DEFAULT now(),
              updated_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status, id);
            CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer_id);
            -- The example's paid_orders filters on columns beside the key, so it needs whole rows as they were before.
            ALTER TABLE orders REPLICA IDENTITY FULL;
            CREATE TABLE IF NOT EXISTS order_lines (
              order_id bigint NOT NULL REFERENCES orders,
              line_number integer NOT NULL,
              product text NOT NULL,
              quantity integer NOT NULL CHECK (quantity > 0),
              price numeric(12,2) NOT NULL,
              PRIMARY KEY (order_id, line_number)
            );
            CREATE TABLE IF NOT EXISTS payments (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              order_id bigint NOT NULL REFERENCES orders,
              amount numeric(12,2) NOT NULL,
              method text NOT NULL,
              paid_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE INDEX IF NOT EXISTS payments_by_order ON payments (order_id);
            """;

    private final DataSource database;
    private final Trade trade;
    private final Duration pace;
    private final AtomicLong transactions = new AtomicLong();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread worker;

    private Shop(DataSource database, Workload workload) {
        this.database = database;
        this.trade = new Trade(workload);
        this.pace = Duration.ofSeconds(1).dividedBy(workload.transactionsPerSecond());
        this.worker = Thread.ofVirtual().name("demo-shop").unstarted(this::run);
    }

    /**
     * Opens the shop: its tables are there when this returns, and business has begun.
     *
     * @throws IllegalStateException if the tables cannot be made
     */
    public static Shop open(DataSource database, Workload workload) {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(SCHEMA);
        } catch (SQLException e) {
            throw new IllegalStateException("the shop's tables cannot be made", e);
        }
        Shop shop = new Shop(database, workload);
        shop.worker.start();
        return shop;
    }

    private void run() {
        boolean told = false;
        do {
            try (Connection connection = database.getConnection()) {
                connection.setAutoCommit(false);
                told = false;
                doBusiness(connection);
            } catch (SQLException e) {
                if (!told && closing.getCount() > 0) {
                    LOG.log(Level.WARNING, "demo-shop waits for its database: {0}", e.getMessage());
                    told = true;
                }
            }
        } while (!closedWithin(PATIENCE));
    }

    private void doBusiness(Connection connection) throws SQLException {
        do {
            if (trade.next(connection)) {
                transactions.incrementAndGet();
            }
        } while (!closedWithin(pace));
    }

    private boolean closedWithin(Duration time) {
        try {
            return closing.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            return true;
        }
    }

    /** How many transactions it has committed since it opened. */
    public long transactions() {
        return transactions.get();
    }

    /** Ends after the transaction at hand; one that the server does not answer is given up after a few seconds. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (!worker.join(GOODBYE)) {
                worker.interrupt();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
