package io.deltastreams.fanout;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Resume;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** The table {@code public.ticks}, whose rows the benchmark makes. */
@ApplicationScoped
@Identifier("ticks") class Ticks implements ChangeSource.Factory {

    static final String NOTE = "a note that is as long as notes mostly are, and says as little";

    private static final Schema SCHEMA = new Schema(
            new TableId("public", "ticks"),
            1,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("sent", Type.Simple.INT64, false),
                    new Column("note", Type.Simple.TEXT, true)),
            List.of(0));

    private final BlockingQueue<Integer> asked = new ArrayBlockingQueue<>(64);

    /** One transaction of so many rows, each with the time it is made at; waits while those before it are under way. */
    void commit(int rows) throws InterruptedException {
        asked.put(rows);
    }

    @Override
    public ChangeSource create(Settings settings) {
        return new Source();
    }

    private final class Source implements ChangeSource {

        private volatile @Nullable Thread runner;

        @Override
        public Inventory inspect() {
            return new Inventory(List.of(new Inventory.CapturedTable(SCHEMA, BeforeImage.KEY)), List.of());
        }

        @Override
        public void run(Resume resume, Intake intake) {
            runner = Thread.currentThread();
            long commit = resume.last().map(Position::commit).orElse(0L);
            try {
                while (true) {
                    int rows = asked.take();
                    commit++;
                    List<Change> changes = new ArrayList<>(rows);
                    for (int i = 0; i < rows; i++) {
                        changes.add(new Change.Insert(
                                new Position(1, commit, i),
                                SCHEMA,
                                Row.of(commit * 1_000 + i, System.nanoTime(), NOTE)));
                    }
                    intake.take(new Batch(
                            List.of(new Transaction(
                                    Long.toString(commit), Transaction.Kind.COMMIT, Instant.now(), changes, true)),
                            new ResumeToken(Long.toString(commit))));
                }
            } catch (InterruptedException _) {
                // Closed.
            } finally {
                runner = null;
            }
        }

        @Override
        public void close() {
            Thread running = runner;
            if (running != null) {
                running.interrupt();
            }
        }
    }
}
