package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Schema;
import io.deltastreams.postgres.LogicalMessages;
import io.deltastreams.postgres.ResumePoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.PGReplicationStream;

/**
 * Takes pgoutput's messages off the stream and gathers them by transaction, raw; what is committed goes onto the conveyor. One thread.
 *
 * <p>With {@code streaming} the server sends a large transaction before its commit, in blocks between Stream Start and Stream Stop, and may still
 * roll it back, or a part of it; its relations are its own until then.
 */
final class LogReader {

    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    /** So much of small transactions goes onto the conveyor at once. */
    private static final int BUNDLE = 512 << 10;
    /** So much of a large transaction does. */
    private static final int PART = 2 << 20;

    private static final long IN_MEMORY = 16L << 20;

    private final PGReplicationStream stream;
    private final Shapes shapes;
    private final LogicalMessages messages;
    private final Conveyor conveyor;
    private final AlreadyRead already;
    private final Incremental incremental;
    private final Duration quiet;
    private final BinaryReader in = new BinaryReader(new byte[0]);
    private final Path aside = Path.of(System.getProperty("java.io.tmpdir"));
    private final Map<Integer, OpenTransaction> streamed = new HashMap<>();
    private final List<Conveyor.Raw> bundle = new ArrayList<>();

    private Relations relations = Relations.NONE;
    private @Nullable OpenTransaction current;
    private boolean inBlock;
    private ResumePoint point;
    private ResumePoint put;
    private long bundleBytes;
    private Instant putAt = Instant.EPOCH;

    /** @param quiet how long the place to resume at may stand still while nothing of ours is committed */
    LogReader(
            PGReplicationStream stream,
            Shapes shapes,
            LogicalMessages messages,
            Conveyor conveyor,
            AlreadyRead already,
            Incremental incremental,
            ResumePoint start,
            Duration quiet) {
        this.stream = stream;
        this.shapes = shapes;
        this.messages = messages;
        this.conveyor = conveyor;
        this.already = already;
        this.incremental = incremental;
        this.point = start;
        this.put = start;
        this.quiet = quiet;
        if (!messages.isNone()) {
            relations = relations.with(LogicalMessage.RELATION, shapes.messages());
        }
    }

    /**
     * Reads until the stream ends.
     *
     * @throws ProtocolViolation if a message does not read
     */
    void read() throws SQLException, IOException, InterruptedException {
        try {
            while (true) {
                if (isBundleDue()) {
                    putBundle();
                }
                ByteBuffer message = stream.readPending();
                if (message == null) {
                    // Nothing more is there at once: whoever waits for what we have shall have it.
                    putBundle();
                    message = stream.read();
                }
                handle(message);
            }
        } finally {
            discard(current);
            for (OpenTransaction open : streamed.values()) {
                open.close();
            }
        }
    }

    /**
     * While earlier ones are still on their way a bundle waits for company, and so grows with the load. Never for a pause: the driver looks a
     * millisecond long whether more is pending, and under a steady load there mostly is.
     */
    private boolean isBundleDue() {
        return !bundle.isEmpty() && (bundleBytes >= BUNDLE || conveyor.isIdle());
    }

    private static void discard(@Nullable OpenTransaction open) throws IOException {
        if (open != null) {
            open.close();
        }
    }

    private void handle(ByteBuffer message) throws SQLException, IOException, InterruptedException {
        byte[] bytes = message.array();
        int offset = message.arrayOffset() + message.position();
        int length = message.remaining();
        int kind = length == 0 ? -1 : bytes[offset];
        try {
            in.reset(bytes, offset, length);
            in.u8();
            switch (kind) {
                case 'I', 'U', 'D', 'T' -> row(bytes, offset, length);
                case 'B' -> begin();
                case 'C' -> commit();
                case 'R' -> relation();
                case 'Y' -> shapes.forgetTypes();
                case 'S' -> startBlock();
                case 'E' -> stopBlock();
                case 'c' -> commitStreamed();
                case 'A' -> abortStreamed();
                case 'M' -> message(bytes, offset, length);
                case 'O' -> {}
                default -> throw new IllegalArgumentException("no message begins with byte " + kind);
            }
        } catch (IllegalArgumentException e) {
            throw ProtocolViolation.of(kind, length, stream.getLastReceiveLSN(), e);
        }
    }

    private OpenTransaction open() {
        OpenTransaction open = current;
        if (open == null) {
            throw new IllegalArgumentException("it stands outside of a transaction");
        }
        return open;
    }

    private void row(byte[] bytes, int offset, int length) throws IOException {
        if (!inBlock) {
            open().add(0, bytes, offset, length);
            return;
        }
        // In a block the number of the subtransaction stands behind the kind; what is kept is the message as it would
        // be without.
        int subtransaction = in.i32();
        bytes[offset + 4] = bytes[offset];
        open().add(subtransaction, bytes, offset + 4, length - 4);
    }

    private void begin() {
        if (current != null) {
            throw new IllegalArgumentException("the transaction before has not ended");
        }
        in.i64();
        in.i64();
        current = new OpenTransaction(in.i32(), relations, IN_MEMORY, aside);
    }

    private void commit() throws IOException, SQLException, InterruptedException {
        OpenTransaction open = open();
        current = null;
        in.u8();
        committed(open);
    }

    /** The flags are read already. */
    private void committed(OpenTransaction open) throws IOException, SQLException, InterruptedException {
        in.i64();
        long end = in.i64();
        committed(open, end, EPOCH.plus(in.i64(), ChronoUnit.MICROS));
    }

    private void committed(OpenTransaction open, long end, Instant at)
            throws IOException, SQLException, InterruptedException {
        if (Long.compareUnsigned(end, point.lsn()) <= 0) {
            throw new IllegalArgumentException("a commit that ends at %s, and everything up to %s has come"
                    .formatted(ResumePoint.text(end), ResumePoint.text(point.lsn())));
        }
        if (open.xid() != LogicalMessages.NO_TRANSACTION) {
            incremental.commits().add(open.xid());
        }
        try (open) {
            Conveyor.Origin origin = new Conveyor.Origin(
                    Integer.toUnsignedString(open.xid()), at, point.epoch(), end, already.covering(end));
            if (open.bytes() > PART) {
                putInParts(open, origin, end);
            } else {
                addToBundle(open, origin, end);
            }
            if (open.mark().isPresent()) {
                marked(open.mark().get(), origin);
            }
        }
    }

    private ResumePoint at(long lsn) {
        return new ResumePoint(point.epoch(), lsn, true, already.after(lsn)).withIncremental(incremental.text());
    }

    private void addToBundle(OpenTransaction open, Conveyor.Origin origin, long end)
            throws IOException, SQLException, InterruptedException {
        point = at(end);
        if (open.bytes() == 0) {
            if (bundle.isEmpty()) {
                putBundle();
            }
            return;
        }
        List<Piece> pieces = new ArrayList<>();
        open.drain((piece, _) -> pieces.add(piece));
        bundle.add(new Conveyor.Raw(origin, pieces, Set.copyOf(open.aborted()), true, true));
        bundleBytes += open.bytes();
        // While earlier ones are still on their way this one waits for company, and so batches grow with the load;
        // whoever asks whether more
        // is pending waits a millisecond for it, and under a steady load there mostly is.
        if (bundleBytes >= BUNDLE || conveyor.isIdle()) {
            putBundle();
        }
    }

    private void putInParts(OpenTransaction open, Conveyor.Origin origin, long end)
            throws IOException, SQLException, InterruptedException {
        putBundle();
        Set<Integer> aborted = Set.copyOf(open.aborted());
        List<Piece> part = new ArrayList<>();
        long[] bytes = {0};
        boolean[] first = {true};
        // Its token stays in front of the transaction until its last part: whoever restarts there gets it again, whole.
        ResumePoint before = point;
        ResumePoint behind = at(end);
        open.drain((piece, last) -> {
            part.add(piece);
            bytes[0] += piece.size();
            if (last || bytes[0] >= PART) {
                put(
                        List.of(new Conveyor.Raw(origin, List.copyOf(part), aborted, first[0], last)),
                        last ? behind : before);
                part.clear();
                bytes[0] = 0;
                first[0] = false;
            }
        });
        point = behind;
    }

    /** What is committed goes its way; where that is nothing, the place to resume at follows now and then. */
    private void putBundle() throws SQLException, InterruptedException {
        boolean moved = !point.equals(put);
        if (bundle.isEmpty() && (!moved || Instant.now().isBefore(putAt.plus(quiet)))) {
            return;
        }
        put(List.copyOf(bundle), point);
        bundle.clear();
        bundleBytes = 0;
    }

    /** A mark of ours has come: a chunk's place in the history, or only something to keep. */
    private void marked(String mark, Conveyor.Origin origin) throws SQLException, InterruptedException {
        putBundle();
        Optional<Chunk> chunk = incremental.marked(mark);
        point = at(point.lsn());
        if (chunk.isPresent()) {
            Schema schema = shapes.versioned(chunk.get().schema());
            conveyor.put(chunk.get(), schema, origin, point, stream::forceUpdateStatus);
            put = point;
            putAt = Instant.now();
        } else {
            put(List.of(), point);
        }
        incremental.handed(point);
    }

    private void put(List<Conveyor.Raw> raws, ResumePoint to) throws SQLException, InterruptedException {
        conveyor.put(raws, put, to, stream::forceUpdateStatus);
        put = to;
        putAt = Instant.now();
    }

    private void relation() throws SQLException {
        if (inBlock) {
            in.i32();
        }
        int number = in.i32();
        TableForm form = shapes.form(in);
        if (inBlock) {
            open().tell(number, form, relations);
            return;
        }
        relations = relations.with(number, form);
        if (current != null) {
            current.relations(relations);
        }
    }

    private void startBlock() {
        if (current != null) {
            throw new IllegalArgumentException("a block begins within a transaction");
        }
        int xid = in.i32();
        OpenTransaction open =
                streamed.computeIfAbsent(xid, _ -> new OpenTransaction(xid, relations, IN_MEMORY, aside));
        open.relations(relations);
        current = open;
        inBlock = true;
    }

    private void stopBlock() {
        open();
        current = null;
        inBlock = false;
    }

    private void commitStreamed() throws IOException, SQLException, InterruptedException {
        OpenTransaction open = streamed.remove(in.i32());
        if (open == null) {
            throw new IllegalArgumentException("the commit of a transaction of which nothing has come");
        }
        in.u8();
        // The server takes what it told within the transaction as told from now on.
        relations = relations.with(open.own());
        committed(open);
    }

    private void abortStreamed() throws IOException {
        int xid = in.i32();
        int subtransaction = in.i32();
        if (xid == subtransaction) {
            discard(streamed.remove(xid));
            return;
        }
        OpenTransaction open = streamed.get(xid);
        if (open != null) {
            open.abort(subtransaction);
        }
    }

    /** A logical message: among the rows of its transaction or, without one, on its own. */
    private void message(byte[] bytes, int offset, int length) throws IOException, SQLException, InterruptedException {
        BinaryReader head = new BinaryReader(bytes, offset, length);
        head.skip(inBlock ? 1 + Integer.BYTES : 1);
        LogicalMessage message = LogicalMessage.read(head);
        boolean taken = messages.takes(message.prefix());
        if (message.transactional()) {
            if (taken) {
                row(bytes, offset, length);
            } else if (message.prefix().equals(LogicalMessages.OURS)) {
                open().mark(LogicalMessage.content(head));
            }
        } else if (taken) {
            alone(message.lsn(), bytes, offset, length);
        } else if (current == null && Long.compareUnsigned(message.lsn(), point.lsn()) > 0) {
            // Ours comes every heartbeat: everything committed before it has come.
            point = at(message.lsn());
        }
    }

    private void alone(long lsn, byte[] bytes, int offset, int length)
            throws IOException, SQLException, InterruptedException {
        if (current != null) {
            throw new IllegalArgumentException("it stands within a transaction and is none of its");
        }
        OpenTransaction open = new OpenTransaction(LogicalMessages.NO_TRANSACTION, relations, IN_MEMORY, aside);
        open.add(0, bytes, offset, length);
        committed(open, lsn, Instant.now().truncatedTo(ChronoUnit.MICROS));
    }
}
