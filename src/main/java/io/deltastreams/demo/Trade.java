package io.deltastreams.demo;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/** What may happen in the shop, one transaction at a time. Not thread-safe. */
final class Trade {

    private static final int FIRST_CUSTOMERS = 10;
    private static final int SWEEP = 20;

    private final Workload workload;
    private final Random random;
    private final Fiction fiction;

    Trade(Workload workload) {
        this.workload = workload;
        this.random = new Random(workload.seed());
        this.fiction = new Fiction(random);
    }

    /**
     * Does one thing and commits it.
     *
     * @return false if there was nothing to do
     */
    boolean next(Connection connection) throws SQLException {
        boolean done = happen(connection);
        if (done) {
            connection.commit();
        } else {
            connection.rollback();
        }
        return done;
    }

    private boolean happen(Connection connection) throws SQLException {
        if (count(connection, "customers") < Math.min(FIRST_CUSTOMERS, workload.customers())) {
            return signUp(connection);
        }
        if (count(connection, "orders") >= workload.orders()) {
            return sweep(connection, "status <> 'NEW'", SWEEP) || pay(connection);
        }
        // More may be paid and cancelled than is ordered, so orders do not pile up as NEW.
        int chance = random.nextInt(100);
        if (chance < 5) {
            return count(connection, "customers") < workload.customers() ? signUp(connection) : move(connection);
        }
        if (chance < 12) {
            return move(connection);
        }
        return handleOrder(connection, chance) || order(connection);
    }

    private boolean handleOrder(Connection connection, int chance) throws SQLException {
        if (chance < 42) {
            return pay(connection);
        }
        if (chance < 58) {
            return ship(connection);
        }
        if (chance < 66) {
            return cancel(connection);
        }
        return chance < 68 && sweep(connection, "status = 'CANCELLED'", 3);
    }

    private static int count(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery("SELECT count(*) FROM " + table)) {
            count.next();
            return count.getInt(1);
        }
    }

    private boolean signUp(Connection connection) throws SQLException {
        String name = fiction.name();
        Array interests = connection.createArrayOf("text", fiction.interests());
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO customers (name, email, address, interests, notes) VALUES (?, ?, ?::jsonb, ?, ?)")) {
            insert.setString(1, name);
            insert.setString(2, fiction.email(name));
            insert.setString(3, fiction.address());
            insert.setArray(4, interests);
            insert.setString(5, fiction.notes());
            insert.executeUpdate();
        }
        return true;
    }

    /** The notes stay as they are: too large to stand in the row, they are not in the change either. */
    private boolean move(Connection connection) throws SQLException {
        OptionalLong customer = any(connection, "customers", "true");
        if (customer.isEmpty()) {
            return false;
        }
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE customers SET address = ?::jsonb WHERE id = ?")) {
            update.setString(1, fiction.address());
            update.setLong(2, customer.getAsLong());
            update.executeUpdate();
        }
        return true;
    }

    private boolean order(Connection connection) throws SQLException {
        OptionalLong customer = any(connection, "customers", "true");
        if (customer.isEmpty()) {
            return false;
        }
        List<Fiction.Line> lines = fiction.lines();
        BigDecimal amount = lines.stream().map(Fiction.Line::total).reduce(BigDecimal.ZERO, BigDecimal::add);
        long order = insertOrder(connection, customer.getAsLong(), amount);
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO order_lines (order_id, line_number, product, quantity, price) VALUES (?, ?, ?, ?, ?)")) {
            int number = 0;
            for (Fiction.Line line : lines) {
                insert.setLong(1, order);
                insert.setInt(2, ++number);
                insert.setString(3, line.product());
                insert.setInt(4, line.quantity());
                insert.setBigDecimal(5, line.price());
                insert.addBatch();
            }
            insert.executeBatch();
        }
        return true;
    }

    private long insertOrder(Connection connection, long customer, BigDecimal amount) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO orders (customer_id, amount, details) VALUES (?, ?, ?::jsonb) RETURNING id")) {
            insert.setLong(1, customer);
            insert.setBigDecimal(2, amount);
            insert.setString(3, fiction.details());
            try (ResultSet id = insert.executeQuery()) {
                id.next();
                return id.getLong(1);
            }
        }
    }

    private boolean pay(Connection connection) throws SQLException {
        OptionalLong order = any(connection, "orders", "status = 'NEW'");
        if (order.isEmpty()) {
            return false;
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "INSERT INTO payments (order_id, amount, method) SELECT id, amount, ? FROM orders WHERE id = ?")) {
            insert.setString(1, fiction.method());
            insert.setLong(2, order.getAsLong());
            insert.executeUpdate();
        }
        return become(connection, order.getAsLong(), "PAID");
    }

    private boolean ship(Connection connection) throws SQLException {
        OptionalLong order = any(connection, "orders", "status = 'PAID'");
        return order.isPresent() && become(connection, order.getAsLong(), "SHIPPED");
    }

    private boolean cancel(Connection connection) throws SQLException {
        OptionalLong order = any(connection, "orders", "status = 'NEW'");
        return order.isPresent() && become(connection, order.getAsLong(), "CANCELLED");
    }

    private static boolean become(Connection connection, long order, String status) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(
                "UPDATE orders SET status = ?::order_status, updated_at = now() WHERE id = ?")) {
            update.setString(1, status);
            update.setLong(2, order);
            update.executeUpdate();
        }
        return true;
    }

    /** Deletes the oldest orders that meet a condition, with all that hangs on them. */
    private static boolean sweep(Connection connection, String condition, int most) throws SQLException {
        String old = "(SELECT id FROM orders WHERE %s ORDER BY id LIMIT %d)".formatted(condition, most);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM payments WHERE order_id IN " + old);
            statement.executeUpdate("DELETE FROM order_lines WHERE order_id IN " + old);
            return statement.executeUpdate("DELETE FROM orders WHERE id IN " + old) > 0;
        }
    }

    private OptionalLong any(Connection connection, String table, String condition) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("""
                SELECT id FROM %1$s WHERE %2$s ORDER BY id
                LIMIT 1 OFFSET floor(? * (SELECT count(*) FROM %1$s WHERE %2$s))::bigint
                """.formatted(table, condition))) {
            select.setDouble(1, random.nextDouble());
            try (ResultSet found = select.executeQuery()) {
                return found.next() ? OptionalLong.of(found.getLong(1)) : OptionalLong.empty();
            }
        }
    }
}
