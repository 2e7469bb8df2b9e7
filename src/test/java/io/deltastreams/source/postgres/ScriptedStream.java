package io.deltastreams.source.postgres;

import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** A replication stream that brings the messages that it is given, then ends as a lost connection does. */
final class ScriptedStream implements PGReplicationStream {

    private final Iterator<byte[]> messages;
    private LogSequenceNumber flushed = LogSequenceNumber.INVALID_LSN;

    ScriptedStream(Iterator<byte[]> messages) {
        this.messages = messages;
    }

    @Override
    public ByteBuffer read() throws SQLException {
        ByteBuffer message = readPending();
        if (message == null) {
            throw new EndOfScript();
        }
        return message;
    }

    static final class EndOfScript extends SQLException {
        private static final long serialVersionUID = 1L;
    }

    @Override
    public @Nullable ByteBuffer readPending() {
        return messages.hasNext() ? ByteBuffer.wrap(messages.next().clone()) : null;
    }

    @Override
    public LogSequenceNumber getLastReceiveLSN() {
        return LogSequenceNumber.INVALID_LSN;
    }

    @Override
    public LogSequenceNumber getLastFlushedLSN() {
        return flushed;
    }

    @Override
    public LogSequenceNumber getLastAppliedLSN() {
        return flushed;
    }

    @Override
    public void setFlushedLSN(LogSequenceNumber place) {
        flushed = place;
    }

    @Override
    public void setAppliedLSN(LogSequenceNumber place) {}

    @Override
    public void forceUpdateStatus() {}

    @Override
    public boolean isClosed() {
        return false;
    }

    @Override
    public void close() {}
}
