package io.deltastreams.source.postgres;

import io.deltastreams.postgres.LogicalMessages;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * The stream of a standby, where we cannot write a heartbeat: it brings one of its own making every while that nothing else comes. The server tells
 * in its keepalives how far it has read its log, and has sent every commit before that; without a heartbeat an idle table's slot would stand
 * still, and the log be kept for it.
 */
final class StandbyStream implements PGReplicationStream {

    private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();
    private static final byte[] PREFIX = (LogicalMessages.OURS + "\0").getBytes(StandardCharsets.US_ASCII);

    private final PGReplicationStream stream;
    private final Duration heartbeat;
    private Instant next = Instant.now();

    StandbyStream(PGReplicationStream stream, Duration heartbeat) {
        this.stream = stream;
        this.heartbeat = heartbeat;
    }

    @Override
    public ByteBuffer read() throws SQLException {
        while (true) {
            ByteBuffer message = stream.readPending();
            if (message != null) {
                return message;
            }
            // What has come has all been returned, so the place is not that of a message that nobody has seen.
            Instant now = Instant.now();
            if (!now.isBefore(next)) {
                next = now.plus(heartbeat);
                return heartbeat(stream.getLastReceiveLSN());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** A logical message outside of transactions, as the server sends it (PostgreSQL manual, "Logical Replication Message Formats"). */
    private static ByteBuffer heartbeat(LogSequenceNumber place) {
        return ByteBuffer.allocate(1 + 1 + Long.BYTES + PREFIX.length + Integer.BYTES)
                .put((byte) 'M')
                .put((byte) 0)
                .putLong(place.asLong())
                .put(PREFIX)
                .putInt(0)
                .flip();
    }

    @Override
    public ByteBuffer readPending() throws SQLException {
        return stream.readPending();
    }

    @Override
    public LogSequenceNumber getLastReceiveLSN() {
        return stream.getLastReceiveLSN();
    }

    @Override
    public LogSequenceNumber getLastFlushedLSN() {
        return stream.getLastFlushedLSN();
    }

    @Override
    public LogSequenceNumber getLastAppliedLSN() {
        return stream.getLastAppliedLSN();
    }

    @Override
    public void setFlushedLSN(LogSequenceNumber place) {
        stream.setFlushedLSN(place);
    }

    @Override
    public void setAppliedLSN(LogSequenceNumber place) {
        stream.setAppliedLSN(place);
    }

    @Override
    public void forceUpdateStatus() throws SQLException {
        stream.forceUpdateStatus();
    }

    @Override
    public boolean isClosed() {
        return stream.isClosed();
    }

    @Override
    public void close() throws SQLException {
        stream.close();
    }
}
