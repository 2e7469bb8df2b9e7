package io.deltastreams.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;

/** Something that is done again and again on a thread of its own until it is closed or fails. */
public final class Beat implements AutoCloseable {

    private final Thread thread;

    private Beat(Thread thread) {
        this.thread = thread;
    }

    /** What is done. */
    public interface Step {
        void take() throws SQLException;
    }

    /**
     * @param pause between two steps
     * @param failed told what ended it, on its thread
     */
    public static Beat start(String name, Duration pause, Step step, Consumer<Throwable> failed) {
        return new Beat(Thread.ofPlatform().name(name).daemon().start(() -> {
            try {
                while (true) {
                    step.take();
                    Thread.sleep(pause);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } catch (SQLException | RuntimeException e) {
                failed.accept(e);
            }
        }));
    }

    /** Waits for the step that is being taken. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
