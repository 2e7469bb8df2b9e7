package io.deltastreams.change;

import java.util.List;
import java.util.Optional;

/**
 * What a source hands over at once: transactions in order and, behind them, the place to resume at. Without transactions it only moves
 * that place (an idle source's heartbeat).
 */
public record Batch(List<Transaction> transactions, ResumeToken resume) {

    public Batch {
        transactions = List.copyOf(transactions);
        Position previous = null;
        for (Transaction transaction : transactions) {
            if (previous != null && !transaction.first().isAfter(previous)) {
                throw new IllegalArgumentException("batch: %s follows %s".formatted(transaction.first(), previous));
            }
            previous = transaction.last();
        }
    }

    public Optional<Position> last() {
        return transactions.isEmpty()
                ? Optional.empty()
                : Optional.of(transactions.getLast().last());
    }

    /** About how many bytes this batch takes in memory. */
    public long weight() {
        long weight = 128L + resume.text().length();
        for (Transaction transaction : transactions) {
            weight += transaction.weight();
        }
        return weight;
    }
}
