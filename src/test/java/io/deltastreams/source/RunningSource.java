package io.deltastreams.source;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A source that runs on a thread of its own until it is closed. */
public final class RunningSource implements AutoCloseable {

    private final ChangeSource source;
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    private RunningSource(ChangeSource source) {
        this.source = source;
    }

    public static RunningSource start(ChangeSource source, Intake intake, Resume resume) {
        RunningSource running = new RunningSource(source);
        if (intake instanceof RecordingIntake recording) {
            recording.begun();
        }
        Thread.ofPlatform().name("source").start(() -> {
            try {
                source.run(resume, intake);
                running.end.complete(null);
            } catch (Throwable e) {
                // Before the end is seen: whoever has seen it may let the intake begin with the next source.
                if (intake instanceof RecordingIntake recording) {
                    recording.ended(e);
                }
                running.end.completeExceptionally(e);
            }
        });
        return running;
    }

    public static RunningSource start(ChangeSource source, RecordingIntake intake) {
        return start(source, intake, intake.resume());
    }

    /** Waits for the failure that the run ends with. */
    public SourceFailure failure() throws InterruptedException, TimeoutException {
        try {
            end.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SourceFailure failure) {
                return failure;
            }
            throw new AssertionError("no failure of the source's", e.getCause());
        }
        throw new AssertionError("it ended without a failure");
    }

    public boolean ended(Duration within) throws InterruptedException {
        try {
            end.get(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            throw new AssertionError("it ended with a failure", e.getCause());
        } catch (TimeoutException _) {
            return false;
        }
    }

    /** Closes it; whatever it failed with until then fails the test. */
    @Override
    public void close() {
        source.close();
        try {
            if (!ended(Duration.ofSeconds(20))) {
                throw new AssertionError("it still runs after close");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
