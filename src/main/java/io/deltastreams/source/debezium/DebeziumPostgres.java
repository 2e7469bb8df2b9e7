package io.deltastreams.source.debezium;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.postgres.Beat;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.Failures;
import io.deltastreams.postgres.Inspection;
import io.deltastreams.postgres.LogEnd;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.ResumePoint;
import io.deltastreams.postgres.TracedIntake;
import io.deltastreams.postgres.WalGuard;
import io.deltastreams.settings.Settings;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** PostgreSQL through the Debezium engine. */
final class DebeziumPostgres implements ChangeSource {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final PostgresSettings settings;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean closed;
    private @Nullable Running running;

    private DebeziumPostgres(PostgresSettings settings) {
        this.settings = settings;
    }

    private record Running(DebeziumEngine<RecordChangeEvent<SourceRecord>> engine, Capture capture) {}

    @Override
    public Inventory inspect() throws SourceFailure, InterruptedException {
        return Inspection.of(settings);
    }

    @Override
    public void run(Resume resume, Intake intake) throws SourceFailure, InterruptedException {
        try (Catalog session = Catalog.open(settings.server())) {
            new Inspection(settings, session).check();
            Preparation.Plan plan = new Preparation(settings, session).prepare(resume, false, intake);
            try (TracedIntake traced = TracedIntake.over(intake, settings, plan.server())) {
                capture(plan, session, resume, traced);
            }
        } catch (SQLException e) {
            throw Failures.of(settings, e);
        } finally {
            ended.countDown();
        }
    }

    @Override
    public End end() throws SourceFailure {
        return LogEnd.of(settings);
    }

    @Override
    public Coverage coverage(ResumeToken token) {
        return ResumePoint.of(token)
                .map(point -> point.coverage(settings, Set.of()))
                .orElseThrow(() -> new IllegalArgumentException("no token of this source: " + token.text()));
    }

    private void capture(Preparation.Plan plan, Catalog session, Resume resume, Intake intake)
            throws SourceFailure, InterruptedException {
        String placeholder = UUID.randomUUID().toString();
        Tables tables = new Tables(
                this::identity,
                placeholder,
                settings.messages(),
                plan.captured().identities(),
                resume.schemas());
        Properties properties = EngineProperties.of(settings, plan, placeholder);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        try (Capture capture = new Capture(intake, tables, plan.start(), settings.heartbeat())) {
            DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(
                            ChangeEventFormat.of(Connect.class))
                    .using(properties)
                    .using((success, message, error) -> failure.set(error))
                    .notifying(capture)
                    .build();
            if (!begin(new Running(engine, capture))) {
                return;
            }
            try (Beat _ = WalGuard.watch(session, settings, intake)) {
                engine.run();
            } catch (IllegalStateException e) {
                // The engine ends by itself while it is told to, and finds that it is ending.
                if (!closed) {
                    throw e;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (!closed) {
            Throwable cause = failure.get();
            throw cause == null
                    ? new SourceFailure(Kind.TRANSIENT, "the engine ended by itself", "it is started again", null)
                    : Failures.of(settings, cause);
        }
    }

    private synchronized boolean begin(Running begun) {
        running = begun;
        return !closed;
    }

    private Catalog.Identity identity(io.deltastreams.change.TableId table) throws SQLException {
        try (Catalog catalog = Catalog.open(settings.server())) {
            return catalog.identity(table);
        }
    }

    @Override
    public void close() {
        Running current;
        synchronized (this) {
            closed = true;
            current = running;
        }
        if (current == null) {
            return;
        }
        current.capture().interrupt();
        Instant deadline = Instant.now().plus(PATIENCE);
        try {
            while (ended.getCount() > 0 && Instant.now().isBefore(deadline)) {
                if (stopped(current.engine())) {
                    awaitEnd(deadline);
                } else if (ended.await(20, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitEnd(Instant deadline) throws InterruptedException {
        long left = Duration.between(Instant.now(), deadline).toMillis();
        if (!ended.await(Math.max(0, left), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the engine did not end within " + PATIENCE.toSeconds() + " s");
        }
    }

    /** Asks the engine to stop; it refuses while its task starts, and once it has ended. */
    private static boolean stopped(DebeziumEngine<?> engine) {
        try {
            engine.close();
            return true;
        } catch (IllegalStateException _) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes sources of the kind {@code postgresql} with {@code engine: debezium}. */
    @ApplicationScoped
    @Identifier("postgresql/debezium") static class Factory implements ChangeSource.Factory {

        @Override
        public ChangeSource create(Settings settings) {
            PostgresSettings read = PostgresSettings.read(settings);
            if (read.snapshot() == PostgresSettings.Snapshot.INCREMENTAL) {
                settings.problem(
                        "snapshot", "incremental needs engine: direct; engine: debezium has initial and never");
            }
            if (read.reselect()) {
                settings.problem(
                        "reselect", "only engine: direct asks for values that were not sent; leave out one of the two");
            }
            return new DebeziumPostgres(read);
        }

        @Override
        public boolean isExclusive() {
            return true;
        }
    }
}
