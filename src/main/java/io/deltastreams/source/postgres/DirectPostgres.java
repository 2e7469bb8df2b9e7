package io.deltastreams.source.postgres;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.postgres.Beat;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.Connections;
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
import io.deltastreams.source.OneRun;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.SourceFailure.Kind;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** PostgreSQL through its own replication protocol. */
final class DirectPostgres implements ChangeSource {

    private static final Duration KEEPING = Duration.ofMillis(10);

    private final PostgresSettings settings;
    private final Set<String> textual;
    private final OneRun run = new OneRun();
    private volatile @Nullable Incremental incremental;

    private DirectPostgres(PostgresSettings settings, Set<String> textual) {
        this.settings = settings;
        this.textual = textual;
    }

    @Override
    public Inventory inspect() throws SourceFailure, InterruptedException {
        return Inspection.of(settings);
    }

    @Override
    public void run(Resume resume, Intake intake) throws SourceFailure, InterruptedException {
        if (!run.begin()) {
            return;
        }
        try (Catalog session = Catalog.open(settings.server())) {
            new Inspection(settings, session).check();
            Preparation preparation = new Preparation(settings, session);
            Preparation.Plan plan = preparation.prepare(resume, true, intake);
            try (TracedIntake traced = TracedIntake.over(intake, settings, plan.server())) {
                capture(session, toRead(preparation, plan, traced), resume, traced);
            }
        } catch (ProtocolViolation e) {
            if (e.getCause() instanceof RowMessages.NoBinaryForm) {
                textual.add(settings.slot());
                throw new SourceFailure(
                        Kind.TRANSIENT, String.valueOf(e.getMessage()), "values come as texts from now on", e);
            }
            throw new SourceFailure(
                    Kind.TRANSIENT,
                    String.valueOf(e.getMessage()),
                    "it is read again from the log's end; if that fails alike, engine: debezium reads it in another way",
                    e);
        } catch (SQLException e) {
            if (!run.isClosed()) {
                throw Failures.of(settings, e);
            }
        } catch (InterruptedException e) {
            if (!run.isClosed()) {
                throw e;
            }
        } finally {
            run.end();
        }
    }

    /** Tables whose rows are to be read while the stream goes on: the log knows of them before their changes can come. */
    private static Preparation.Plan toRead(Preparation preparation, Preparation.Plan plan, Intake intake)
            throws SQLException, InterruptedException {
        if (plan.unread().isEmpty()) {
            return plan;
        }
        Preparation.Start start = plan.start();
        ResumePoint point = Incremental.requested(start.point(), plan.unread());
        List<Change> truncates = new ArrayList<>();
        for (Schema schema : start.truncates()) {
            truncates.add(new Change.Truncate(new Position(point.epoch(), point.lsn(), truncates.size()), schema));
        }
        Batch batch = new Batch(
                truncates.isEmpty()
                        ? List.of()
                        : List.of(new Transaction(
                                Snapshot.ID, Transaction.Kind.SNAPSHOT, Instant.now(), truncates, true)),
                point.token());
        intake.take(batch);
        while (intake.kept()
                .flatMap(ResumePoint::of)
                .filter(kept -> kept.reaches(point) && kept.incremental().equals(point.incremental()))
                .isEmpty()) {
            Thread.sleep(KEEPING);
        }
        preparation.publish(plan);
        return plan.startingAt(
                new Preparation.Start(point, List.of(), batch.last().or(start::last), 0));
    }

    private void capture(Catalog session, Preparation.Plan plan, Resume resume, Intake intake)
            throws SQLException, SourceFailure, InterruptedException {
        try (Catalog lookups = Catalog.open(settings.server())) {
            Shapes shapes = new Shapes(lookups, plan.captured().tables(), plan.excluded(), resume.schemas());
            ResumePoint start = plan.start().point();
            Optional<Position> last = plan.start().last();
            if (plan.snapshot()) {
                Snapshot snapshot = new Snapshot(settings, plan, shapes, intake);
                try (Beat _ = WalGuard.watch(session, settings, intake)) {
                    start = snapshot.read();
                }
                last = snapshot.last();
            }
            AlreadyRead already = AlreadyRead.of(start.reads(), plan.captured().tables(), lookups);
            try (@Nullable Reselection reselection = Reselection.open(settings, plan.excluded());
                    Incremental reading = Incremental.start(settings, plan.captured(), shapes, intake, start)) {
                incremental = reading;
                stream(session, plan, shapes, already, reading, start, last, intake, Optional.ofNullable(reselection));
            } finally {
                incremental = null;
            }
        } catch (Pulse.BudgetPassed e) {
            throw dropped(session, e);
        }
    }

    private void stream(
            Catalog session,
            Preparation.Plan plan,
            Shapes shapes,
            AlreadyRead already,
            Incremental reading,
            ResumePoint start,
            Optional<Position> last,
            Intake intake,
            Optional<Reselection> reselection)
            throws SQLException, SourceFailure, InterruptedException {
        // Rows are asked for by the texts of their keys.
        boolean binary = reselection.isEmpty() && !textual.contains(settings.slot()) && shapes.haveBinaryForms();
        try (Connection connection = Connections.openForReplication(settings.server());
                Replication replication = Replication.start(
                        plan.server().same(connection, settings),
                        settings,
                        session.version(),
                        plan.server().standby(),
                        binary,
                        start)) {
            Throwable failure =
                    replication.read(session, shapes, already, reading, intake, last, reselection, plan.note());
            switch (failure) {
                case Pulse.BudgetPassed passed -> throw passed;
                case ProtocolViolation violation -> throw violation;
                default -> {
                    if (!run.isClosed()) {
                        throw Failures.of(settings, failure);
                    }
                }
            }
        }
    }

    /** Frees the server of the log that it keeps for us, at the price of a new epoch. */
    private SourceFailure dropped(Catalog session, Pulse.BudgetPassed passed)
            throws SQLException, SourceFailure, InterruptedException {
        new Preparation(settings, session).dropSlot();
        return new SourceFailure(
                Kind.TRANSIENT,
                "the server kept more than %d MB of its log for slot '%s', which is dropped"
                        .formatted(settings.budget().bytes() >> 20, settings.slot()),
                "a new epoch begins with a snapshot; wal_budget: { action: warn } would have kept the slot",
                passed);
    }

    @Override
    public End end() throws SourceFailure {
        return LogEnd.of(settings);
    }

    @Override
    public Coverage coverage(ResumeToken token) {
        return ResumePoint.of(token)
                .map(point -> point.coverage(settings, waiting(point)))
                .orElseThrow(() -> new IllegalArgumentException("no token of this source: " + token.text()));
    }

    private static Set<TableId> waiting(ResumePoint point) {
        return IncrementalState.parse(point.incremental()).stream()
                .flatMap(state -> state.tables().stream())
                .map(IncrementalState.Progress::table)
                .collect(Collectors.toSet());
    }

    @Override
    public TableSnapshots snapshots() throws Refused {
        Incremental reading = incremental;
        if (reading == null) {
            throw new Refused(
                    Reason.LATER,
                    "the source does not stream changes yet: see how it stands, and ask again after a while");
        }
        return reading;
    }

    @Override
    public void close() {
        run.close();
    }

    /** Makes sources of the kind {@code postgresql}. */
    @ApplicationScoped
    @Identifier("postgresql") static class Factory implements ChangeSource.Factory {

        /** Slots whose tables have had a column without a binary form since their source began to stream. */
        private final Set<String> textual = ConcurrentHashMap.newKeySet();

        @Override
        public ChangeSource create(Settings settings) {
            return new DirectPostgres(PostgresSettings.read(settings), textual);
        }

        @Override
        public boolean isExclusive() {
            return true;
        }

        /** The same by its name, {@code engine: direct}. */
        @Produces
        @ApplicationScoped
        @Identifier("postgresql/direct") ChangeSource.Factory direct() {
            return this;
        }
    }
}
