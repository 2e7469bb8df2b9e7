package io.deltastreams.stream;

import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Work for readers that are far behind, one after the other in the order in which they ask: however many resume at once, they take one core from those at
 * the stream's end, and such as stand at the same place find each other's result. Thread-safe.
 */
final class CatchingUp {

    private final Executor blocking;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean working;

    CatchingUp(Executor blocking) {
        this.blocking = blocking;
    }

    <T> Uni<T> inTurn(Supplier<T> work) {
        return Uni.createFrom().completionStage(() -> {
            CompletableFuture<T> done = new CompletableFuture<>();
            add(() -> {
                // Whoever no longer waits has cancelled it.
                if (!done.isDone()) {
                    try {
                        done.complete(work.get());
                    } catch (RuntimeException | Error e) {
                        done.completeExceptionally(e);
                    }
                }
            });
            return done;
        });
    }

    private void add(Runnable work) {
        synchronized (waiting) {
            waiting.add(work);
            if (working) {
                return;
            }
            working = true;
        }
        blocking.execute(this::work);
    }

    private void work() {
        while (true) {
            Runnable next;
            synchronized (waiting) {
                next = waiting.poll();
                if (next == null) {
                    working = false;
                    return;
                }
            }
            next.run();
        }
    }
}
