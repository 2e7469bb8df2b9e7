package io.deltastreams.source.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A session whose commands end when the thread that waits for them is interrupted, which the driver's do not by themselves. */
final class Interruptible implements AutoCloseable {

    private final Connection connection;

    Interruptible(Connection connection) {
        this.connection = connection;
    }

    /** Something that a session is asked. */
    interface Command<T> {
        T ask(Connection connection) throws SQLException;
    }

    <T> T call(Command<T> command) throws SQLException, InterruptedException {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread.ofPlatform().name("delta-streams-command").daemon().start(() -> {
            try {
                answer.complete(command.ask(connection));
            } catch (SQLException | RuntimeException | Error e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            if (e.getCause() instanceof ProtocolViolation cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() throws SQLException {
        connection.abort(Runnable::run);
    }
}
