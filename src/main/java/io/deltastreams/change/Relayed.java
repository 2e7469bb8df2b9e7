package io.deltastreams.change;

import java.util.List;
import java.util.Set;

/** What an instance that captures hands to others of its history, in order. */
public sealed interface Relayed {

    /** The tables whose changes come, as they are now; in force until the next. */
    record Tables(List<Table> tables) implements Relayed {
        public Tables {
            tables = List.copyOf(tables);
        }
    }

    /** @param before how much of a former row an update or delete brings along */
    record Table(Schema schema, BeforeImage before) {}

    /**
     * A piece of the history.
     *
     * @param before the last position in front of it: whoever has not got that far misses something
     * @param transactions may be none, where only what is known of the rows has changed
     * @param coverage which rows stand in the history up to here
     * @param read tables that were read again, completely, since the history's epoch began
     */
    record History(Position before, List<Transaction> transactions, Coverage coverage, Set<TableId> read)
            implements Relayed {
        public History {
            transactions = List.copyOf(transactions);
            read = Set.copyOf(read);
        }

        /** Where a reader stands behind it. */
        public Position last() {
            return transactions.isEmpty() ? before : transactions.getLast().last();
        }
    }
}
