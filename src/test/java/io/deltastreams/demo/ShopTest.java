package io.deltastreams.demo;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShopTest {

    private static final int CUSTOMERS = 30;
    private static final int ORDERS = 60;

    @TempDir
    static Path folder;

    static DemoPostgres postgres;

    @BeforeAll
    static void start() {
        postgres = DemoPostgres.start(folder, 0);
    }

    @AfterAll
    static void stop() {
        postgres.close();
    }

    @BeforeEach
    void empty_tables() throws SQLException {
        try (Connection connection = postgres.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS payments, order_lines, orders, customers");
        }
    }

    @Test
    void its_books_are_right_and_its_tables_stay_small() throws SQLException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);

        after(1_500, new Workload(seed, 10_000, CUSTOMERS, ORDERS));

        assertThat(number("SELECT count(*) FROM customers")).isBetween(10L, (long) CUSTOMERS);
        assertThat(number("SELECT count(*) FROM orders")).isBetween(1L, (long) ORDERS);
        assertThat(number("SELECT max(id) FROM orders")).isGreaterThan(ORDERS);
        assertThat(number("""
                SELECT count(*) FROM orders o WHERE (status IN ('PAID', 'SHIPPED'))
                  <> EXISTS (SELECT FROM payments p WHERE p.order_id = o.id AND p.amount = o.amount)""")).as("orders whose payment is not theirs").isZero();
        assertThat(number("""
                SELECT count(*) FROM orders o
                WHERE amount <> (SELECT sum(quantity * price) FROM order_lines l WHERE l.order_id = o.id)""")).as("orders whose lines do not add up").isZero();
    }

    @Test
    void a_seed_tells_the_same_story_twice() throws SQLException {
        Workload workload = new Workload(7, 10_000, CUSTOMERS, ORDERS);
        after(50, workload);
        String first = story();
        assertThat(number("SELECT count(DISTINCT status) FROM orders")).isGreaterThan(1L);
        empty_tables();

        after(50, workload);

        assertThat(story()).isEqualTo(first);
    }

    @Test
    void it_connects_again_when_its_connection_is_cut() throws SQLException {
        try (Shop shop = Shop.open(postgres.dataSource(), Workload.of(200))) {
            await().atMost(30, SECONDS).until(() -> shop.transactions() > 5);

            number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE datname = 'shop' AND pid <> pg_backend_pid()");
            long before = shop.transactions();

            await().atMost(30, SECONDS).until(() -> shop.transactions() > before + 5);
        }
    }

    @Test
    void orders_carry_whole_rows_and_notes_stay_out_of_updates() throws SQLException {
        after(100, Workload.of(1_000));

        assertThat(text("SELECT relreplident FROM pg_class WHERE relname = 'orders'"))
                .isEqualTo("f");
        assertThat(number("""
                SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'customers'""")).isPositive();
    }

    private static void after(int transactions, Workload workload) {
        try (Shop shop = Shop.open(postgres.dataSource(), workload)) {
            await().atMost(60, SECONDS).until(() -> shop.transactions() >= transactions);
        }
    }

    /** The first customers, which every run of 50 transactions has. */
    private static String story() throws SQLException {
        return text("SELECT string_agg(name || email || coalesce(notes, ''), ',' ORDER BY id)"
                + " FROM customers WHERE id <= 10");
    }

    private static long number(String sql) throws SQLException {
        return Long.parseLong(text(sql));
    }

    private static String text(String sql) throws SQLException {
        try (Connection connection = postgres.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
