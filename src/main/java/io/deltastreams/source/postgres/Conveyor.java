package io.deltastreams.source.postgres;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Transaction.Kind;
import io.deltastreams.postgres.Acknowledgement;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.source.Intake;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes committed transactions on several threads and hands them over in order on one. What is on its way is bounded in raw bytes (Invariant
 * 8); a full intake makes the reader wait, which keeps its session alive meanwhile.
 */
final class Conveyor implements AutoCloseable {

    private static final int MOST_BYTES = 8 << 20;
    private static final long PULSE_MILLIS = 1_000;

    private final Intake intake;
    private final Acknowledgement<ResumePoint> acknowledgement;
    private final Window window;
    private final Optional<Reselection> reselection;
    private final Consumer<Throwable> failed;
    private final ExecutorService decoders;
    private final BlockingQueue<Load> loads = new LinkedBlockingQueue<>();
    private final Semaphore room = new Semaphore(MOST_BYTES);
    private final Thread thread;
    private final List<Transaction> gathered = new ArrayList<>();
    private @Nullable Part held;
    private int index;
    private Optional<Position> last;

    /**
     * @param last the last position handed over by an earlier run
     * @param window told what is handed over
     * @param reselection asks for values that were not sent, where that is wanted
     */
    Conveyor(
            Intake intake,
            Acknowledgement<ResumePoint> acknowledgement,
            Optional<Position> last,
            Window window,
            Optional<Reselection> reselection,
            Consumer<Throwable> failed) {
        this.intake = intake;
        this.acknowledgement = acknowledgement;
        this.last = last;
        this.window = window;
        this.reselection = reselection;
        this.failed = failed;
        int cores = Runtime.getRuntime().availableProcessors();
        decoders = Executors.newFixedThreadPool(
                Math.max(1, cores - 1),
                Thread.ofPlatform().name("delta-streams-decode-", 0).daemon().factory());
        thread = Thread.ofPlatform().name("delta-streams-handover").daemon().unstarted(this::handOver);
        thread.start();
    }

    /**
     * Whose changes these are.
     *
     * @param covered tables whose changes are left out, because their snapshot has them already
     */
    record Origin(String id, Instant committedAt, int epoch, long commit, Set<TableId> covered) {}

    /**
     * A transaction's raw changes, all or some.
     *
     * @param first whether the transaction begins here
     * @param last whether it ends here
     */
    record Raw(Origin origin, List<Piece> pieces, Set<Integer> aborted, boolean first, boolean last) {}

    /** A transaction's changes, all or some. */
    record Part(Origin origin, Kind kind, List<Draft> drafts, boolean first, boolean last) {

        /** Whether a row lacks a value that may be asked for. */
        boolean lacks() {
            return drafts.stream().anyMatch(draft -> draft instanceof Draft.Lacking);
        }
    }

    /** What becomes of parts once those before have been handed over. */
    private interface Handing {
        List<Part> parts() throws InterruptedException, ExecutionException;
    }

    /**
     * @param before what a restart goes on from until everything up to here is in the log
     * @param point what it goes on from then
     */
    private record Load(Handing handing, ResumePoint before, ResumePoint point, int bytes) {}

    /** What keeps a session alive while its reader waits. */
    interface KeepAlive {
        void beat() throws SQLException;
    }

    /**
     * Takes the next transactions, in order; waits while too much is on its way.
     *
     * @param before where a restart goes on while they are not all in the log
     * @param point where it goes on then
     */
    void put(List<Raw> raws, ResumePoint before, ResumePoint point, KeepAlive session)
            throws InterruptedException, SQLException {
        int bytes = acquired(bytes(raws), session);
        Future<List<Part>> parts = decoders.submit(() -> decode(raws));
        loads.add(new Load(parts::get, before, point, bytes));
    }

    /**
     * Takes a chunk of a table's rows; what of them is handed over is known only when everything before it has been.
     *
     * @param schema the chunk's, with its version
     */
    void put(Chunk chunk, Schema schema, Origin origin, ResumePoint point, KeepAlive session)
            throws InterruptedException, SQLException {
        int bytes = acquired((int) Math.min(64 + chunk.bytes(), MOST_BYTES), session);
        loads.add(new Load(
                () -> List.of(new Part(origin, Kind.SNAPSHOT, window.close(schema, chunk.rows()), true, true)),
                point,
                point,
                bytes));
    }

    /** Whether everything that was put has been handed over. */
    boolean isIdle() {
        return room.availablePermits() == MOST_BYTES;
    }

    private int acquired(int most, KeepAlive session) throws InterruptedException, SQLException {
        int bytes = Math.min(MOST_BYTES, most);
        while (!room.tryAcquire(bytes, PULSE_MILLIS, TimeUnit.MILLISECONDS)) {
            session.beat();
        }
        return bytes;
    }

    private static int bytes(List<Raw> raws) {
        long sum = 64;
        for (Raw raw : raws) {
            for (Piece piece : raw.pieces()) {
                sum += piece.size();
            }
        }
        return (int) Math.min(sum, Integer.MAX_VALUE);
    }

    private List<Part> decode(List<Raw> raws) {
        List<Part> parts = new ArrayList<>(raws.size());
        for (Raw raw : raws) {
            List<Draft> drafts = new ArrayList<>();
            try {
                for (Piece piece : raw.pieces()) {
                    drafts.addAll(decode(piece, raw));
                }
            } catch (IllegalArgumentException e) {
                throw ProtocolViolation.of(raw.origin(), e);
            }
            parts.add(new Part(raw.origin(), Kind.COMMIT, drafts, raw.first(), raw.last()));
        }
        return parts;
    }

    private List<Draft> decode(Piece piece, Raw raw) {
        RowMessages messages = new RowMessages(
                piece.relations().without(raw.origin().covered()), piece.size(), reselection.isPresent());
        BinaryReader in = new BinaryReader(piece.bytes(), 0, piece.size());
        while (in.remaining() > 0) {
            int length = in.i32();
            int subtransaction = in.i32();
            if (!raw.aborted().contains(subtransaction)) {
                messages.decode(piece.bytes(), in.position(), length);
            }
            in.skip(length);
        }
        return messages.drafts();
    }

    private void handOver() {
        try {
            while (true) {
                Load load = loads.take();
                handOver(load);
                room.release(load.bytes());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            failed.accept(e.getCause() == null ? e : e.getCause());
        } catch (SQLException | RuntimeException | Error e) {
            failed.accept(e);
        }
    }

    private void handOver(Load load) throws InterruptedException, ExecutionException, SQLException {
        List<Part> left = load.handing().parts();
        do {
            Reselection.Step step =
                    reselection.isPresent() ? reselection.get().complete(left) : new Reselection.Step(left, List.of());
            step.done().forEach(this::noteAndAdd);
            left = step.left();
            hand(left.isEmpty() ? load.point() : load.before());
        } while (!left.isEmpty());
    }

    private void noteAndAdd(Part part) {
        if (part.kind() == Kind.COMMIT) {
            window.note(part.drafts());
        }
        add(part);
    }

    /** A transaction's part waits for the next that has changes, because only then it is known whether it was the last. */
    private void add(Part part) {
        if (part.first()) {
            index = 0;
        }
        Part before = held;
        if (!part.drafts().isEmpty()) {
            if (before != null) {
                gathered.add(transaction(before, false));
            }
            held = part;
        }
        Part last = held;
        if (part.last() && last != null) {
            gathered.add(transaction(last, true));
            held = null;
        }
    }

    private Transaction transaction(Part part, boolean complete) {
        Origin origin = part.origin();
        List<Change> changes = new ArrayList<>(part.drafts().size());
        for (Draft draft : part.drafts()) {
            changes.add(draft.at(new Position(origin.epoch(), origin.commit(), index++)));
        }
        String id = part.kind() == Kind.SNAPSHOT ? Snapshot.ID : origin.id();
        return new Transaction(id, part.kind(), origin.committedAt(), changes, complete);
    }

    private void hand(ResumePoint point) throws InterruptedException {
        Batch batch = new Batch(gathered, point.token());
        gathered.clear();
        intake.take(batch);
        last = batch.last().or(() -> last);
        acknowledgement.handed(last, point, point);
    }

    /** Ends it at once; what is on its way comes again after a restart. */
    @Override
    public void close() {
        decoders.shutdownNow();
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
