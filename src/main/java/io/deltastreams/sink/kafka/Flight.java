package io.deltastreams.sink.kafka;

import io.deltastreams.change.Position;
import io.deltastreams.codec.SchemasAway;
import io.deltastreams.sink.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/** The records of one batch on their way: counts those that have not landed and keeps the first that will not. */
final class Flight {

    /** The writer's own share of the count, so that the flight does not end before everything is sent. */
    private final AtomicInteger aloft = new AtomicInteger(1);

    private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    private @Nullable Position failedAt;
    private @Nullable Throwable failure;

    /** Counts a record; to be told how it landed. */
    Consumer<@Nullable Throwable> board(Position position) {
        aloft.incrementAndGet();
        return failure -> {
            if (failure != null) {
                fail(position, failure);
            }
            leave();
        };
    }

    private void leave() {
        if (aloft.decrementAndGet() == 0) {
            over.complete(null);
        }
    }

    /** Of several failures the first position's counts, and there the one that may pass by itself. */
    synchronized void fail(Position position, Throwable why) {
        if (failedAt == null
                || failedAt.isAfter(position)
                || (failedAt.equals(position) && failure != null && isPermanent(failure))) {
            failedAt = position;
            failure = why;
        }
    }

    synchronized boolean hasFailed() {
        return failedAt != null;
    }

    /** Waits until every record has landed or failed. */
    Outcome outcome() {
        leave();
        over.join();
        return verdict();
    }

    private synchronized Outcome verdict() {
        if (failedAt == null || failure == null) {
            return new Outcome.Delivered();
        }
        String reason = said(failure);
        return isPermanent(failure) ? new Outcome.Poisoned(failedAt, reason) : new Outcome.Unknown(reason);
    }

    static String said(Throwable failure) {
        return failure instanceof Held || failure instanceof Unencodable
                ? String.valueOf(failure.getMessage())
                : failure.getClass().getSimpleName() + ": " + failure.getMessage();
    }

    /** Whether trying again would not help. */
    static boolean isPermanent(Throwable failure) {
        return switch (failure) {
            case RecordTooLargeException _,
                    RecordBatchTooLargeException _,
                    SerializationException _,
                    InvalidRecordException _,
                    InvalidTimestampException _,
                    InvalidTopicException _,
                    PolicyViolationException _,
                    AuthorizationException _,
                    Unencodable _ -> true;
            default -> false;
        };
    }

    /** The delta cannot be written as long as no schema can be had. */
    static final class Held extends KafkaException {

        private static final long serialVersionUID = 1L;

        Held(SchemasAway cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** The codec cannot write the delta, and never will. */
    static final class Unencodable extends RuntimeException {

        private static final long serialVersionUID = 1L;

        Unencodable(RuntimeException cause) {
            super(cause.getMessage(), cause);
        }
    }
}
