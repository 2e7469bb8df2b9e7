package io.deltastreams.change;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;

/**
 * The binary form of a batch's transactions, in the terms of {@link BinaryWriter}: the log's on disk (its {@code FORMAT.md} has the table) and
 * the relay's in a topic. The commit stands once per transaction, an index only where it does not follow the one before; a schema is a number of
 * whoever writes.
 */
public final class TransactionsCodec {

    private static final int SNAPSHOT = 1;
    private static final int COMPLETE = 2;

    private static final int INSERT = 0;
    private static final int UPDATE = 1;
    private static final int UPDATE_FROM = 2;
    private static final int DELETE = 3;
    private static final int TRUNCATE = 4;
    private static final int OPERATION = 7;
    private static final int JUMP = 8;
    private static final int SCHEMA_SHIFT = 4;

    private TransactionsCodec() {}

    /**
     * @param numbers each schema's
     * @param rows room for one change's rows, whose length stands before them
     * @throws IllegalArgumentException if a row does not fit its schema
     */
    public static void encode(
            List<Transaction> transactions, ToIntFunction<Schema> numbers, BinaryWriter rows, BinaryWriter out) {
        out.varint(transactions.size());
        for (Transaction transaction : transactions) {
            out.text(transaction.id());
            int kind = switch (transaction.kind()) {
                case COMMIT -> 0;
                case SNAPSHOT -> SNAPSHOT;
            };
            out.u8(kind | (transaction.complete() ? COMPLETE : 0));
            Fields.instant(transaction.committedAt(), out);
            Position first = transaction.first();
            out.varint(first.epoch());
            out.varlong(first.commit());
            out.varint(transaction.changes().size());
            int expected = 0;
            for (Change change : transaction.changes()) {
                int index = change.position().index();
                int schema = numbers.applyAsInt(change.schema());
                rows.truncate(0);
                int operation = rows(change, rows);
                out.varint(schema << SCHEMA_SHIFT | (index == expected ? 0 : JUMP) | operation);
                if (index != expected) {
                    out.varint(index - expected);
                }
                out.varint(rows.size());
                out.bytes(rows.array(), 0, rows.size());
                expected = index + 1;
            }
        }
    }

    private static int rows(Change change, BinaryWriter out) {
        return switch (change) {
            case Change.Insert insert -> {
                RowCodec.encode(insert.after(), insert.schema(), out);
                yield INSERT;
            }
            case Change.Update update -> {
                RowCodec.encode(update.after(), update.schema(), out);
                if (update.before() == null) {
                    yield UPDATE;
                }
                RowCodec.encode(update.before(), update.schema(), out);
                yield UPDATE_FROM;
            }
            case Change.Delete delete -> {
                RowCodec.encode(delete.before(), delete.schema(), out);
                yield DELETE;
            }
            case Change.Truncate _ -> TRUNCATE;
        };
    }

    /**
     * The changes behind {@code after} of wanted schemas; transactions without one are left out.
     *
     * @param dictionary the schemas by their numbers
     * @throws IllegalArgumentException if the bytes are no transactions
     */
    public static List<Transaction> decode(
            BinaryReader in, List<Schema> dictionary, IntPredicate wanted, Position after) {
        int count = in.count();
        List<Transaction> transactions = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String id = in.text();
            int flags = in.u8();
            Instant committedAt = Fields.instant(in);
            List<Change> changes = changes(in, dictionary, wanted, after);
            if (!changes.isEmpty()) {
                transactions.add(new Transaction(
                        id,
                        (flags & SNAPSHOT) == 0 ? Transaction.Kind.COMMIT : Transaction.Kind.SNAPSHOT,
                        committedAt,
                        changes,
                        (flags & COMPLETE) != 0));
            }
        }
        return transactions;
    }

    private static List<Change> changes(BinaryReader in, List<Schema> dictionary, IntPredicate wanted, Position after) {
        int epoch = in.varint();
        long commit = in.varlong();
        int count = in.count();
        List<Change> changes = new ArrayList<>();
        boolean behind = new Position(epoch, commit, 0).isAfter(after);
        int expected = 0;
        for (int i = 0; i < count; i++) {
            int head = in.varint();
            int index = (head & JUMP) == 0 ? expected : expected + in.varint();
            expected = index + 1;
            int length = in.varint();
            int schema = head >>> SCHEMA_SHIFT;
            if (!wanted.test(schema)) {
                in.skip(length);
                continue;
            }
            Position position = new Position(epoch, commit, index);
            if (behind || position.isAfter(after)) {
                // A copy: one row that somebody keeps would keep all that was read with it.
                BinaryReader rows = new BinaryReader(in.bytes(length));
                changes.add(change(head & OPERATION, position, dictionary.get(schema), rows));
            } else {
                in.skip(length);
            }
        }
        return changes;
    }

    private static Change change(int operation, Position position, Schema schema, BinaryReader in) {
        return switch (operation) {
            case INSERT -> new Change.Insert(position, schema, RowCodec.decode(in, schema));
            case UPDATE -> new Change.Update(position, schema, null, RowCodec.decode(in, schema));
            case UPDATE_FROM -> {
                var after = RowCodec.decode(in, schema);
                yield new Change.Update(position, schema, RowCodec.decode(in, schema), after);
            }
            case DELETE -> new Change.Delete(position, schema, RowCodec.decode(in, schema));
            case TRUNCATE -> new Change.Truncate(position, schema);
            default -> throw new IllegalArgumentException("a change of kind " + operation);
        };
    }
}
