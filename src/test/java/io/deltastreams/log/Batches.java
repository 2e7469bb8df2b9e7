package io.deltastreams.log;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.RandomChanges;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Batches to append, and what reading them gives. */
public final class Batches {

    public static final TableId ORDERS = new TableId("public", "orders");
    public static final TableId CUSTOMERS = new TableId("public", "customers");
    public static final Schema ORDER = schema(ORDERS, 1);
    public static final Schema CUSTOMER = schema(CUSTOMERS, 1);
    public static final Instant TIME = Instant.parse("2026-11-22T10:15:30.123456Z");

    private Batches() {}

    public static Schema schema(TableId table, int version) {
        return new Schema(
                table,
                version,
                List.of(new Column("id", Type.Simple.INT64, false), new Column("v" + version, Type.Simple.TEXT, true)),
                List.of(0));
    }

    /** One transaction that inserts {@code count} rows, of about 120 bytes each on disk. */
    public static Transaction orders(long commit, int count) {
        return inserts(ORDER, commit, 0, count, TIME.plusSeconds(commit), true);
    }

    public static Transaction inserts(Schema schema, long commit, int from, int count, Instant time, boolean complete) {
        List<Change> changes = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            changes.add(new Change.Insert(
                    new Position(1, commit, i), schema, Row.of(commit * 1000 + i, "x".repeat(100) + i)));
        }
        return new Transaction("t" + commit, Transaction.Kind.COMMIT, time, changes, complete);
    }

    public static Batch batch(Transaction... transactions) {
        String end = transactions.length == 0
                ? "idle"
                : transactions[transactions.length - 1].last().toString();
        return new Batch(List.of(transactions), new ResumeToken("token " + end));
    }

    public static Batch orderBatch(long commit) {
        return batch(orders(commit, 3));
    }

    /** Batches of every kind of change and value, whose positions leap. */
    public static List<Batch> random(Random random, int count) {
        RandomChanges changes = new RandomChanges(random);
        List<Schema> schemas = new ArrayList<>(List.of(RandomChanges.everyType(ORDERS), CUSTOMER));
        List<Batch> batches = new ArrayList<>();
        long commit = random.nextLong() >>> random.nextInt(64);
        int epoch = 1;
        for (int i = 0; i < count; i++) {
            if (random.nextInt(5) == 0) {
                schemas.set(random.nextInt(2), changes.schema(random.nextBoolean() ? ORDERS : CUSTOMERS, i + 2));
            }
            List<Transaction> transactions = new ArrayList<>();
            for (int j = random.nextInt(4); j > 0; j--) {
                if (random.nextInt(20) == 0 || commit > Long.MAX_VALUE - 10) {
                    epoch++;
                    commit = 0;
                }
                commit += 1 + random.nextInt(3);
                transactions.add(transaction(random, changes, schemas, epoch, commit));
            }
            batches.add(new Batch(transactions, new ResumeToken("token " + i + " ä")));
        }
        return batches;
    }

    private static Transaction transaction(
            Random random, RandomChanges rows, List<Schema> schemas, int epoch, long commit) {
        List<Change> changes = new ArrayList<>();
        int index = random.nextInt(3);
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            Schema schema = schemas.get(random.nextInt(schemas.size()));
            Position position = new Position(epoch, commit, index);
            changes.add(
                    switch (random.nextInt(5)) {
                        case 0 -> new Change.Update(position, schema, null, rows.row(schema));
                        case 1 -> new Change.Update(position, schema, rows.row(schema), rows.row(schema));
                        case 2 -> new Change.Delete(position, schema, rows.row(schema));
                        case 3 -> new Change.Truncate(position, schema);
                        default -> new Change.Insert(position, schema, rows.row(schema));
                    });
            index += 1 + (random.nextInt(4) == 0 ? random.nextInt(1000) : 0);
        }
        Instant time = Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
        return new Transaction(
                "id" + commit,
                random.nextBoolean() ? Transaction.Kind.COMMIT : Transaction.Kind.SNAPSHOT,
                time,
                changes,
                random.nextBoolean());
    }

    public static List<Transaction> transactions(List<Batch> batches) {
        return batches.stream().flatMap(batch -> batch.transactions().stream()).toList();
    }

    /** Everything behind {@code after}, read in slices. */
    public static List<Transaction> readAll(ChangeLog log, Position after) throws IOException {
        List<Transaction> all = new ArrayList<>();
        Position position = after;
        while (true) {
            if (!(log.read(position, _ -> true, 2000) instanceof Slice.Changes changes)) {
                throw new AssertionError("a gap after " + position);
            }
            if (changes.upTo().equals(position)) {
                return all;
            }
            all.addAll(changes.transactions());
            position = changes.upTo();
        }
    }
}
