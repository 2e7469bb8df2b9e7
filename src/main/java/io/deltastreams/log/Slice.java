package io.deltastreams.log;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a read gives. */
public sealed interface Slice {

    /**
     * @param transactions with the wanted tables' changes only; maybe none
     * @param upTo where the reader stands behind them; the position read after, if nothing is there yet
     * @param whole whether the last transaction before {@code upTo}, of any table, ends there
     * @param committedAt when what stands before {@code upTo}, of any table, was committed; empty where nothing was passed
     */
    record Changes(List<Transaction> transactions, Position upTo, boolean whole, Optional<Instant> committedAt)
            implements Slice {

        /** Nothing is there yet. */
        Changes(Position after) {
            this(List.of(), after, true, Optional.empty());
        }

        public Changes {
            transactions = List.copyOf(transactions);
        }
    }

    /** What was asked for is gone: what stood behind {@code after} up to and with {@code removedUpTo}. */
    record Gap(Position after, Position removedUpTo) implements Slice {}
}
