package io.deltastreams.source.debezium;

import io.debezium.data.Envelope;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.Acknowledgement;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Intake.SnapshotProgress;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Takes the engine's records, makes transactions of them, and tells the engine what is durable. One thread of the engine's calls it.
 *
 * <p>A transaction is held back until its commit comes, because only that tells its position. The snapshot's last rows are held back until its
 * end is known, so that its last part is complete and its token says so.
 */
final class Capture implements DebeziumEngine.ChangeConsumer<RecordChangeEvent<SourceRecord>>, AutoCloseable {

    private static final long IN_MEMORY = 16L << 20;
    private static final long PART = 8L << 20;
    private static final long BATCH = 4L << 20;
    private static final int SNAPSHOT_ROWS = 5_000;
    private static final String TRANSACTION = "io.debezium.connector.common.TransactionMetadataValue";
    private static final String SNAPSHOT = "snapshot";

    private final Intake intake;
    private final Tables tables;
    private final Duration heartbeat;
    private final long expectedRows;
    private final Drafts drafts = new Drafts(IN_MEMORY);
    private final List<Change> snapshotPart = new ArrayList<>();
    private final List<Transaction> gathered = new ArrayList<>();
    /** Of the events that the engine is told of. */
    private final Acknowledgement<RecordChangeEvent<SourceRecord>> acknowledgement;

    private ResumePoint point;
    private Optional<Position> last;
    private List<Schema> truncates;
    private long gatheredWeight;
    private long snapshotRows;
    private int snapshotIndex;
    private boolean inTransaction;
    private boolean moved;
    private Instant committedAt = Instant.EPOCH;
    private Instant idleSince = Instant.EPOCH;
    private @Nullable RecordChangeEvent<SourceRecord> boundary;
    private @Nullable Thread taking;
    private boolean closed;

    Capture(Intake intake, Tables tables, Preparation.Start start, Duration heartbeat) {
        this.intake = intake;
        this.tables = tables;
        this.heartbeat = heartbeat;
        point = start.point();
        truncates = start.truncates();
        expectedRows = start.expectedRows();
        last = start.last();
        acknowledgement = new Acknowledgement<>(intake);
    }

    @Override
    public void handleBatch(
            List<RecordChangeEvent<SourceRecord>> events, RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        try {
            for (RecordChangeEvent<SourceRecord> event : events) {
                handle(event);
            }
            handOver();
            acknowledge(committer);
        } catch (IOException | SQLException e) {
            throw new CaptureFailed(e);
        }
    }

    @Override
    public boolean supportsTombstoneEvents() {
        return false;
    }

    /** What the engine's interface has no checked exception for. */
    static final class CaptureFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CaptureFailed(Exception cause) {
            super(cause);
        }
    }

    private void handle(RecordChangeEvent<SourceRecord> event) throws IOException, SQLException, InterruptedException {
        SourceRecord record = event.record();
        if (!(record.value() instanceof Struct value)) {
            return;
        }
        if (TRANSACTION.equals(record.valueSchema().name())) {
            finishSnapshot(lsn(record));
            transaction(event, value);
            return;
        }
        Object operation = record.valueSchema().field(Envelope.FieldName.OPERATION) == null
                ? ""
                : value.get(Envelope.FieldName.OPERATION);
        switch (String.valueOf(operation)) {
            case "r" -> snapshot(record, value);
            case "c" -> change(record, value, Draft.Kind.INSERT);
            case "u" -> change(record, value, Draft.Kind.UPDATE);
            case "d" -> change(record, value, Draft.Kind.DELETE);
            case "t" -> change(record, value, Draft.Kind.TRUNCATE);
            case "m" -> message(event, value);
            default -> {
                // A heartbeat of the engine's own, which may run ahead of the records; ours is the message.
                if (record.sourceOffset().get(SNAPSHOT) == null) {
                    finishSnapshot(lsn(record));
                }
            }
        }
    }

    private static long lsn(SourceRecord record) {
        return offset(record, "lsn");
    }

    private static long offset(SourceRecord record, String key) {
        return record.sourceOffset().get(key) instanceof Number number ? number.longValue() : 0;
    }

    private void change(SourceRecord record, Struct value, Draft.Kind kind) throws IOException, SQLException {
        Draft draft = tables.of(record).draft(kind, value);
        if (draft.changesKey()) {
            drafts.add(new Draft(Draft.Kind.DELETE, draft.schema(), draft.before(), null));
            drafts.add(new Draft(Draft.Kind.INSERT, draft.schema(), null, draft.after()));
        } else {
            drafts.add(draft);
        }
    }

    private void transaction(RecordChangeEvent<SourceRecord> event, Struct value)
            throws IOException, InterruptedException {
        if (value.getString("status").equals("BEGIN")) {
            inTransaction = true;
            return;
        }
        inTransaction = false;
        long commit = lsn(event.record());
        if (!drafts.isEmpty()) {
            committedAt = Instant.EPOCH.plus(offset(event.record(), "ts_usec"), ChronoUnit.MICROS);
            String id = value.getString("id");
            finish(id.substring(0, id.indexOf(':') < 0 ? id.length() : id.indexOf(':')), commit);
        }
        reached(commit, event);
        if (gatheredWeight > BATCH) {
            handOver();
        }
    }

    private void reached(long lsn, RecordChangeEvent<SourceRecord> event) {
        point = new ResumePoint(point.epoch(), lsn, true);
        boundary = event;
        moved = true;
    }

    private void finish(String id, long commit) throws IOException, InterruptedException {
        if (drafts.isSmall()) {
            gatheredWeight += drafts.weight();
        } else {
            handOver();
        }
        int[] index = {0};
        drafts.drain(PART, (part, complete) -> {
            List<Change> changes = new ArrayList<>(part.size());
            for (Draft draft : part) {
                changes.add(draft.at(new Position(point.epoch(), commit, index[0]++)));
            }
            gathered.add(new Transaction(id, Transaction.Kind.COMMIT, committedAt, changes, complete));
            if (!complete) {
                // Its token stays in front of the transaction: whoever restarts there gets it again, whole.
                moved = false;
                take();
            }
        });
    }

    /** A logical message; one outside of transactions, ours every heartbeat, says that everything committed before it has come. */
    private void message(RecordChangeEvent<SourceRecord> event, Struct value) throws IOException, InterruptedException {
        Optional<Draft> draft = tables.message(value, inTransaction);
        if (draft.isPresent()) {
            drafts.add(draft.get());
        }
        if (inTransaction) {
            return;
        }
        long lsn = lsn(event.record());
        finishSnapshot(lsn);
        if (draft.isPresent()) {
            committedAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
            finish(Integer.toString(LogicalMessages.NO_TRANSACTION), lsn);
        }
        reached(lsn, event);
    }

    private void snapshot(SourceRecord record, Struct value) throws SQLException, InterruptedException {
        if (snapshotRows == 0) {
            beginSnapshot(record, value);
        } else if (snapshotPart.size() >= SNAPSHOT_ROWS || gatheredWeight > BATCH) {
            takeSnapshot(false);
        }
        Draft draft = tables.of(record).draft(Draft.Kind.INSERT, value);
        snapshotPart.add(draft.at(new Position(point.epoch(), point.lsn(), snapshotIndex++)));
        gatheredWeight += draft.weight();
        snapshotRows++;
        if ("last".equals(value.getStruct(Envelope.FieldName.SOURCE).getString(SNAPSHOT))) {
            finishSnapshot(point.lsn());
        }
    }

    private void beginSnapshot(SourceRecord record, Struct value) {
        point = new ResumePoint(point.epoch(), lsn(record), false);
        Long millis = value.getStruct(Envelope.FieldName.SOURCE).getInt64(Envelope.FieldName.TIMESTAMP);
        committedAt = millis == null ? Instant.now() : Instant.ofEpochMilli(millis);
        truncate();
    }

    private void truncate() {
        for (Schema schema : truncates) {
            snapshotPart.add(new Change.Truncate(new Position(point.epoch(), point.lsn(), snapshotIndex++), schema));
        }
        truncates = List.of();
    }

    private void takeSnapshot(boolean complete) throws InterruptedException {
        gathered.add(
                new Transaction(SNAPSHOT, Transaction.Kind.SNAPSHOT, committedAt, List.copyOf(snapshotPart), complete));
        snapshotPart.clear();
        take();
        intake.progress(new SnapshotProgress(snapshotRows, expectedRows, complete));
    }

    /** @param lsn where it was taken, if no row has told */
    private void finishSnapshot(long lsn) throws InterruptedException {
        if (point.snapshotComplete()) {
            return;
        }
        if (snapshotRows == 0) {
            point = new ResumePoint(point.epoch(), point.lsn() == 0 ? lsn : point.lsn(), false);
            committedAt = Instant.now();
            truncate();
        }
        point = new ResumePoint(point.epoch(), point.lsn(), true);
        if (snapshotPart.isEmpty()) {
            take();
            intake.progress(new SnapshotProgress(0, expectedRows, true));
        } else {
            takeSnapshot(true);
        }
    }

    private void handOver() throws InterruptedException {
        boolean idle = gathered.isEmpty();
        if (!moved || (idle && Duration.between(idleSince, Instant.now()).compareTo(heartbeat.dividedBy(2)) < 0)) {
            return;
        }
        RecordChangeEvent<SourceRecord> event = boundary;
        take();
        moved = false;
        if (event != null) {
            acknowledgement.handed(last, point, event);
        }
    }

    private void take() throws InterruptedException {
        Batch batch = new Batch(gathered, point.token());
        gathered.clear();
        gatheredWeight = 0;
        synchronized (this) {
            if (closed) {
                throw new InterruptedException("the source is closed");
            }
            taking = Thread.currentThread();
        }
        try {
            intake.take(batch);
        } finally {
            synchronized (this) {
                taking = null;
            }
        }
        idleSince = Instant.now();
        last = batch.last().or(() -> last);
    }

    private void acknowledge(RecordCommitter<RecordChangeEvent<SourceRecord>> committer) throws InterruptedException {
        Optional<RecordChangeEvent<SourceRecord>> processed = acknowledgement.safe();
        if (processed.isPresent()) {
            committer.markProcessed(processed.get());
            committer.markBatchFinished();
        }
    }

    /** Ends a wait for room, and every later one. */
    void interrupt() {
        synchronized (this) {
            closed = true;
            if (taking != null) {
                taking.interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        drafts.close();
    }
}
