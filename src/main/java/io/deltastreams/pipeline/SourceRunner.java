package io.deltastreams.pipeline;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Reason;
import io.deltastreams.source.TableSnapshots.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Keeps a source capturing: opens it, hands over what it takes, and opens it again with backoff when it fails. */
final class SourceRunner implements Intake, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SourceRunner.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final Duration TARGETS_PAUSE = Duration.ofMillis(20);
    private static final Duration STANDBY_PAUSE = Duration.ofMillis(500);
    private static final Duration CLOSING = Duration.ofSeconds(4);
    private static final Trouble CLOSED = new Trouble("", false);

    /** Types the streams against what the source will capture. */
    @FunctionalInterface
    interface Described {
        void tables(Inventory inventory) throws InvalidPipeline;
    }

    /** What outputs do with who captures. */
    interface Targets {

        /** Has them write, if they do not yet. */
        void begin();

        /** The source is away: they write what the log has, if it is surely nobody else's turn. */
        void deliver();

        /** What they have from before an empty log; empty while one that counts has not told yet, and where another instance has had them meanwhile. */
        Optional<Earlier> earlier(Instant since);

        /** Another instance captures. */
        void leave();

        /** It may soon be their turn. */
        void prepare();
    }

    private final PipelineDefinition.Source definition;
    private final Targets targets;
    private final ChangeLog log;
    private final Handover handover;
    private final Supplier<Optional<Position>> durable;
    private final Described described;
    private final Consumer<InvalidPipeline> invalid;
    private final Consumer<Throwable> logFailed;
    private final Precedence precedence;
    private final Thread thread;
    private final Object gate = new Object();

    private volatile boolean closed;

    /** Why it captures no more, where that is not for its run's end. */
    private volatile @Nullable String ended;

    private volatile @Nullable ChangeSource current;
    private volatile Condition condition = Condition.STARTING;
    private final Map<TableId, LongAdder> captured = new ConcurrentHashMap<>();
    /** Whether another instance captured when that was last known. */
    private boolean standing;

    private boolean marksEnd;
    private volatile ChangeSource.@Nullable End end;

    private volatile @Nullable Instant committedAt;
    private volatile @Nullable SnapshotProgress snapshot;
    private volatile @Nullable RetainedLog retainedWal;
    private volatile List<String> notes = List.of();
    private final Optional<ProgressBar> bar = ProgressBar.ofTerminal();

    /**
     * @param targets told who captures
     * @param durable up to where the database may forget
     * @param invalid told once when a stream does not fit the tables; capture ends then
     * @param precedence claimed while the database keeps more of its log than it may
     */
    SourceRunner(
            PipelineDefinition.Source definition,
            Targets targets,
            ChangeLog log,
            Handover handover,
            Supplier<Optional<Position>> durable,
            Described described,
            Consumer<InvalidPipeline> invalid,
            Consumer<Throwable> logFailed,
            Precedence precedence) {
        this.definition = definition;
        this.targets = targets;
        this.log = log;
        this.handover = handover;
        this.durable = durable;
        this.described = described;
        this.invalid = invalid;
        this.logFailed = logFailed;
        this.precedence = precedence;
        this.thread = Thread.ofVirtual().name("delta-streams-source").unstarted(this::keepCapturing);
    }

    void start() {
        if (!definition.isExclusive()) {
            targets.begin();
        }
        thread.start();
    }

    private void keepCapturing() {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        try {
            while (!closed) {
                long before = capturedInAll();
                Trouble trouble = captureOnce();
                if (closed) {
                    return;
                }
                if (capturedInAll() > before) {
                    backoff.reset();
                }
                Duration pause = trouble.taken() ? STANDBY_PAUSE : backoff.next();
                if (trouble.taken()) {
                    standBy(trouble.what());
                } else {
                    condition = Condition.retrying(trouble.what());
                    LOG.warnf(
                            "source=%s state=retrying pause=%s cause=\"%s\"", definition.kind(), pause, trouble.what());
                    if (!standing) {
                        targets.deliver();
                    }
                }
                synchronized (gate) {
                    gate.wait(pause.toMillis());
                }
            }
        } catch (InvalidPipeline e) {
            condition = Condition.stopped(e.getMessage());
            invalid.accept(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            condition = Condition.stopped("a bug ended the source: " + e);
            LOG.errorf(e, "source=%s state=stopped", definition.kind());
        } finally {
            String why = ended;
            if (why != null) {
                condition = Condition.stopped(why);
            }
        }
    }

    private void standBy(String why) {
        boolean first = !condition.is(State.STANDBY);
        if (first) {
            LOG.infof("source=%s state=standby note=\"%s\"", definition.kind(), why);
        }
        condition = new Condition(State.STANDBY, why);
        standing = true;
        targets.leave();
        if (first) {
            targets.prepare();
        }
    }

    /**
     * Why a source ended.
     *
     * @param taken whether because another instance captures
     */
    private record Trouble(String what, boolean taken) {}

    /** Captures until the source ends. */
    private Trouble captureOnce() throws InterruptedException, InvalidPipeline {
        // What the failed source handed over has to be in the log before the next one asks where to go on.
        while (!handover.awaitIdle(1, TimeUnit.SECONDS)) {
            if (closed) {
                return CLOSED;
            }
        }
        try (ChangeSource source = definition.create()) {
            current = source;
            if (closed) {
                return CLOSED;
            }
            Inventory inventory = source.inspect();
            notes = inventory.notes();
            described.tables(inventory);
            if (marksEnd && end == null) {
                end = source.end();
            }
            if (!definition.isExclusive()) {
                running();
            }
            source.run(new Resume(log.resumeToken(), log.last(), log.schemas()), this);
            return new Trouble("the source ended by itself", false);
        } catch (SourceFailure e) {
            LOG.debugf(e, "source=%s", definition.kind());
            return new Trouble(
                    e.remedy().isEmpty() ? String.valueOf(e.getMessage()) : e.getMessage() + "; " + e.remedy(),
                    e.kind() == SourceFailure.Kind.TAKEN);
        } finally {
            current = null;
            // Nobody captures, so nobody needs the machine for it.
            precedence.release();
        }
    }

    private void running() {
        if (condition.is(State.STANDBY)) {
            LOG.infof("source=%s state=running note=\"it is captured from here\"", definition.kind());
        }
        condition = Condition.RUNNING;
    }

    @Override
    public Earlier alone() throws InterruptedException {
        standing = false;
        targets.begin();
        Instant since = Instant.now();
        Optional<Earlier> earlier = targets.earlier(since);
        while (earlier.isEmpty()) {
            condition = condition.saying("waits until the outputs have told up to where they have everything");
            if (closed) {
                throw new InterruptedException();
            }
            synchronized (gate) {
                gate.wait(TARGETS_PAUSE.toMillis());
            }
            earlier = targets.earlier(since);
        }
        running();
        return earlier.get();
    }

    @Override
    public void take(Batch batch) throws InterruptedException {
        handover.put(new Handover.Captured(batch, log, logFailed));
        for (Transaction transaction : batch.transactions()) {
            count(transaction.changes());
            committedAt = transaction.committedAt();
        }
    }

    /** Neighbours are mostly of one table, and of one schema as long as it is not changed. */
    @SuppressWarnings("ReferenceEquality")
    private void count(List<Change> changes) {
        int from = 0;
        for (int i = 1; i <= changes.size(); i++) {
            Schema schema = changes.get(from).schema();
            if (i == changes.size() || changes.get(i).schema() != schema) {
                captured.computeIfAbsent((TableId) schema.relation(), _ -> new LongAdder())
                        .add(i - from);
                from = i;
            }
        }
    }

    private long capturedInAll() {
        return captured.values().stream().mapToLong(LongAdder::sum).sum();
    }

    @Override
    public Optional<Position> durable() {
        return durable.get();
    }

    @Override
    public Optional<ResumeToken> kept() {
        return log.resumeToken();
    }

    @Override
    public void progress(SnapshotProgress progress) {
        snapshot = progress;
        bar.ifPresent(shown -> shown.show(progress, Instant.now()));
    }

    @Override
    public void retained(RetainedLog told) {
        retainedWal = told;
        if (told.urgent()) {
            precedence.claim(told.warning());
        } else {
            precedence.release();
        }
    }

    /** Has it note where the source's log ends before it first captures. Called before the start. */
    void markEnd() {
        marksEnd = true;
    }

    /** Where the source's log ended; empty until it is noted. */
    Optional<ChangeSource.End> end() {
        return Optional.ofNullable(end);
    }

    TableSnapshots snapshots() throws Refused {
        ChangeSource source = current;
        if (source == null) {
            throw new Refused(Reason.LATER, "the source is not connected: " + condition.message());
        }
        return source.snapshots();
    }

    PipelineStatus.Source status() {
        RetainedLog kept = retainedWal;
        Condition now = condition;
        return new PipelineStatus.Source(
                definition.kind(),
                now.message().isEmpty() && kept != null ? now.saying(kept.warning()) : now,
                captured.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> entry.getValue().sum())),
                Optional.ofNullable(committedAt),
                Optional.ofNullable(snapshot),
                Optional.ofNullable(kept),
                precedence.claimed().isPresent(),
                notes);
    }

    /** Captures no more, and says why; does not wait. */
    void end(String why) {
        ended = why;
        endCapture();
    }

    private void endCapture() {
        closed = true;
        synchronized (gate) {
            gate.notifyAll();
        }
        ChangeSource source = current;
        if (source != null) {
            Thread.ofVirtual().name("delta-streams-source-close").start(source::close);
        }
    }

    /** Stops taking; returns when nothing of the source runs any more, or after {@link #CLOSING} where it does not let go of its server. */
    @Override
    public void close() {
        endCapture();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(CLOSING)) {
                LOG.warnf("source=%s state=closing note=\"still ends by itself\"", definition.kind());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
