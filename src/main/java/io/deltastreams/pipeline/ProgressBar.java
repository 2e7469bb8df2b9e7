package io.deltastreams.pipeline;

import io.deltastreams.source.Intake.SnapshotProgress;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Shows on a terminal how far a snapshot has come, in one line that is written over. Thread-safe. */
final class ProgressBar {

    private static final int CELLS = 30;
    private static final Duration STEP = Duration.ofMillis(200);

    private final PrintStream terminal;
    private Instant begun = Instant.EPOCH;
    private Instant shown = Instant.EPOCH;
    private long before;

    ProgressBar(PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Empty where nobody looks: the output is a file or a pipe. */
    @SuppressWarnings("SystemConsoleNull") // Null by its declaration, and so to the null checker.
    static Optional<ProgressBar> ofTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal() ? Optional.of(new ProgressBar(System.out)) : Optional.empty();
    }

    synchronized void show(SnapshotProgress progress, Instant now) {
        if (begun.equals(Instant.EPOCH)) {
            begun = now;
            before = progress.rows();
        }
        if (!progress.finished() && now.isBefore(shown.plus(STEP))) {
            return;
        }
        shown = now;
        terminal.print("\r" + line(progress, now) + (progress.finished() ? System.lineSeparator() : ""));
        terminal.flush();
        if (progress.finished()) {
            begun = Instant.EPOCH;
        }
    }

    private String line(SnapshotProgress progress, Instant now) {
        double seconds = Math.max(0.001, Duration.between(begun, now).toMillis() / 1000.0);
        String rate = "%,.0f rows/s".formatted((progress.rows() - before) / seconds);
        if (progress.finished()) {
            return "snapshot [%s] %,d rows, %s    ".formatted("#".repeat(CELLS), progress.rows(), rate);
        }
        if (progress.total() == 0) {
            return "snapshot %,d rows, %s    ".formatted(progress.rows(), rate);
        }
        // The total is an estimate, and may be passed before the end.
        double part = Math.min(0.99, (double) progress.rows() / progress.total());
        int full = (int) (part * CELLS);
        return "snapshot [%s%s] %2.0f %% %,d of about %,d rows, %s    "
                .formatted(
                        "#".repeat(full),
                        ".".repeat(CELLS - full),
                        part * 100,
                        progress.rows(),
                        progress.total(),
                        rate);
    }
}
