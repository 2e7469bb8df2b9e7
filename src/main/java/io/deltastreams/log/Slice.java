package io.deltastreams.log;

import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import java.util.List;

/** What a read gives. */
public sealed interface Slice {

    /**
     * @param transactions with the wanted tables' changes only; maybe none
     * @param upTo where the reader stands behind them; the position read after, if nothing is there yet
     */
    record Changes(List<Transaction> transactions, Position upTo) implements Slice {
        public Changes {
            transactions = List.copyOf(transactions);
        }
    }

    /** What was asked for is gone: what stood behind {@code after} up to and with {@code removedUpTo}. */
    record Gap(Position after, Position removedUpTo) implements Slice {}
}
