package io.deltastreams.source.replay;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replays a script (see the package) and follows it as it grows. A transaction's commit is the number of its line; what stands in front of the
 * first transaction's line is the snapshot, and so is, if it starts later than that, everything in front of the place where it starts.
 */
public final class ReplaySource implements ChangeSource {

    private static final int ROWS_PER_PART = 5_000;
    private static final Duration FOLLOW = Duration.ofMillis(20);
    private static final Pattern TOKEN = Pattern.compile("(\\d{1,5}) (\\d{1,18}) (running|complete)");

    private final Path file;
    private final Duration pause;
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable Thread runner;

    private ReplaySource(Path file, Duration pause) {
        this.file = file;
        this.pause = pause;
    }

    /** @param pause how long to wait in front of each transaction */
    public static ReplaySource of(Path script, Duration pause) {
        return new ReplaySource(script, pause);
    }

    private record Place(int epoch, long line, boolean snapshotComplete) {

        ResumeToken token() {
            return new ResumeToken("%d %d %s".formatted(epoch, line, snapshotComplete ? "complete" : "running"));
        }
    }

    @Override
    public Inventory inspect() throws SourceFailure {
        Script script = new Script(List.of());
        List<String> lines = lines();
        read(script, lines, 1, lines.size());
        List<CapturedTable> tables = script.schemas().stream()
                .map(schema -> new CapturedTable(
                        new Schema(schema.relation(), 1, schema.columns(), schema.key()),
                        schema.key().isEmpty() ? BeforeImage.NONE : BeforeImage.KEY))
                .toList();
        return new Inventory(tables, List.of());
    }

    @Override
    public void run(Resume resume, Intake intake) throws SourceFailure, InterruptedException {
        synchronized (this) {
            runner = Thread.currentThread();
        }
        try {
            if (closed.getCount() > 0) {
                replay(resume, intake);
            }
        } catch (InterruptedException e) {
            if (closed.getCount() > 0) {
                throw e;
            }
        } finally {
            synchronized (this) {
                runner = null;
                notifyAll();
            }
        }
    }

    @Override
    public End end() throws SourceFailure {
        Script script = new Script(List.of());
        List<String> lines = lines();
        long last = 0;
        for (int line = 0; line < lines.size(); line++) {
            if (read(script, lines.get(line), 1, line + 1).isPresent()) {
                last = line + 1L;
            }
        }
        long end = last;
        return token -> place(token)
                .filter(place -> place.snapshotComplete() && place.line() >= end)
                .isPresent();
    }

    private void replay(Resume resume, Intake intake) throws SourceFailure, InterruptedException {
        Optional<Place> known = resume.token().flatMap(ReplaySource::place);
        List<String> lines = lines();
        Script script = new Script(resume.schemas());
        Place place;
        if (known.isPresent() && known.get().snapshotComplete() && known.get().line() <= lines.size()) {
            place = known.get();
            read(script, lines, place.epoch(), (int) place.line());
        } else {
            int inLog = resume.last().map(Position::epoch).orElse(0);
            int epoch = Math.max(inLog, known.map(Place::epoch).orElse(0)) + 1;
            place = snapshot(script, lines, epoch, epoch > 1 ? resume.schemas() : List.of(), intake);
        }
        follow(script, place, intake);
    }

    private static Optional<Place> place(ResumeToken token) {
        Matcher matcher = TOKEN.matcher(token.text());
        return matcher.matches()
                ? Optional.of(new Place(
                        Integer.parseInt(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        matcher.group(3).equals("complete")))
                : Optional.empty();
    }

    private Place snapshot(Script script, List<String> lines, int epoch, List<Schema> truncates, Intake intake)
            throws SourceFailure, InterruptedException {
        int end = 0;
        while (end < lines.size()
                && read(script, lines.get(end), epoch, end + 1).isEmpty()) {
            end++;
        }
        Place running = new Place(epoch, end, false);
        Place complete = new Place(epoch, end, true);
        List<Change> part = new ArrayList<>();
        int index = 0;
        for (Schema schema : truncates) {
            part.add(new Change.Truncate(new Position(epoch, end, index++), schema));
        }
        for (Script.Snapshot snapshot : script.snapshots()) {
            for (Row row : snapshot.rows()) {
                if (part.size() >= ROWS_PER_PART) {
                    intake.take(batch(part, false, running));
                    part = new ArrayList<>();
                }
                part.add(new Change.Insert(new Position(epoch, end, index++), snapshot.schema(), row));
            }
        }
        intake.take(part.isEmpty() ? new Batch(List.of(), complete.token()) : batch(part, true, complete));
        return complete;
    }

    private static Batch batch(List<Change> part, boolean complete, Place place) {
        Transaction transaction = new Transaction("snapshot", Transaction.Kind.SNAPSHOT, Instant.EPOCH, part, complete);
        return new Batch(List.of(transaction), place.token());
    }

    private void follow(Script script, Place start, Intake intake) throws SourceFailure, InterruptedException {
        long line = start.line();
        while (closed.getCount() > 0) {
            List<String> lines = lines();
            for (; line < lines.size() && closed.getCount() > 0; line++) {
                Optional<Transaction> transaction = read(script, lines.get((int) line), start.epoch(), line + 1);
                if (transaction.isPresent()) {
                    if (closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                        return;
                    }
                    Place behind = new Place(start.epoch(), line + 1, true);
                    intake.take(new Batch(List.of(transaction.get()), behind.token()));
                }
            }
            if (closed.await(FOLLOW.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    private void read(Script script, List<String> lines, int epoch, int end) throws SourceFailure {
        for (int line = 0; line < end; line++) {
            read(script, lines.get(line), epoch, line + 1);
        }
    }

    private Optional<Transaction> read(Script script, String line, int epoch, long number) throws SourceFailure {
        try {
            return script.read(line, epoch, number);
        } catch (Script.Malformed e) {
            throw new SourceFailure(
                    SourceFailure.Kind.PERMANENT,
                    "%s:%d: %s".formatted(file, number, e.getMessage()),
                    "mend the line",
                    e);
        }
    }

    /** The lines that are whole: the last one counts once its end is there. */
    private List<String> lines() throws SourceFailure {
        try {
            String text = Files.readString(file);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException e) {
            throw new SourceFailure(
                    SourceFailure.Kind.PERMANENT,
                    "the script %s cannot be read: %s".formatted(file, e),
                    "name a file of JSON lines in source.replay.file",
                    e);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        synchronized (this) {
            if (runner != null) {
                runner.interrupt();
            }
            try {
                while (runner != null && runner != Thread.currentThread()) {
                    wait(10_000);
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes sources of the kind {@code replay}. */
    @ApplicationScoped
    @Identifier("replay") static class Factory implements ChangeSource.Factory {

        @Override
        public ChangeSource create(Settings settings) {
            return new ReplaySource(Path.of(settings.text("file")), settings.duration("pause", Duration.ZERO));
        }
    }
}
