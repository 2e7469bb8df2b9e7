package io.deltastreams.demo;

/**
 * How busy the shop is and how large it grows.
 *
 * @param seed of everything that is left to chance
 * @param transactionsPerSecond about, and never more
 * @param customers beyond this number nobody new signs up
 * @param orders beyond this number the oldest closed ones are deleted
 */
public record Workload(long seed, int transactionsPerSecond, int customers, int orders) {

    public Workload {
        if (transactionsPerSecond < 1 || transactionsPerSecond > 10_000) {
            throw new IllegalArgumentException(
                    "transactions per second lie within 1 and 10000, not at " + transactionsPerSecond);
        }
        if (customers < 1 || orders < 1) {
            throw new IllegalArgumentException("a shop has a customer and an order at least");
        }
    }

    /** 500 customers and 2,000 orders: some megabytes, however long it runs. */
    public static Workload of(int transactionsPerSecond) {
        return new Workload(1, transactionsPerSecond, 500, 2_000);
    }
}
