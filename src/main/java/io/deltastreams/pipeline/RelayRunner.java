package io.deltastreams.pipeline;

import io.deltastreams.change.Change;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Position;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.DamagedLog;
import io.deltastreams.log.LogClosed;
import io.deltastreams.log.Slice;
import io.deltastreams.pipeline.PipelineStatus.Condition;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.source.Inventory;
import io.deltastreams.state.Origin;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Hands the log on, whole transactions with all tables' changes, from where the relay's target ends; one piece after the other, so that what is written
 * meanwhile goes together. It holds up nobody (Invariant 5).
 */
final class RelayRunner implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(RelayRunner.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final long PIECE = 2L << 20;
    /** What the source says of its rows may change without a change. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final Coverage UNKNOWN = new Coverage(Coverage.Snapshot.RUNNING, Set.of(), Set.of());

    private final PipelineDefinition.Relaying definition;
    private final ChangeLog log;
    private final Origin origin;
    private final Thread thread;

    private volatile @Nullable Position cursor;
    private volatile Condition condition = Condition.STARTING;
    private final AtomicLong delivered = new AtomicLong();
    private volatile boolean closed;
    /** What the source described last; nothing is relayed before it did. */
    private volatile Inventory inventory = new Inventory(List.of(), List.of());

    private final CountDownLatch described = new CountDownLatch(1);
    private final CountDownLatch turn = new CountDownLatch(1);

    // Of the thread.
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    private final Map<TableId, Relayed.Table> tables = new LinkedHashMap<>();
    private @Nullable Inventory told;
    private boolean tablesChanged;
    private Coverage coverage = UNKNOWN;
    private Set<TableId> covered = Set.of();
    private final Set<TableId> read = new HashSet<>();
    private Relayed.@Nullable History last;

    RelayRunner(PipelineDefinition.Relaying definition, ChangeLog log, Origin origin) {
        this.definition = definition;
        this.log = log;
        this.origin = origin;
        this.thread = Thread.ofVirtual().name("delta-streams-relay").unstarted(this::keepRelaying);
    }

    /** It may have to start at once, later on. */
    void prepare() {
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
    }

    void start() {
        turn.countDown();
        prepare();
    }

    boolean isRequired() {
        return definition.required();
    }

    String name() {
        return "relay/" + definition.kind();
    }

    /** Up to where the target has everything; empty until it has told. */
    Optional<Position> cursor() {
        return Optional.ofNullable(cursor);
    }

    /** What the source captures; nothing is relayed before it has told. Any thread. */
    void describe(Inventory now) {
        inventory = now;
        described.countDown();
    }

    private void keepRelaying() {
        try {
            described.await();
            awaitTurn();
            while (!closed) {
                try {
                    Position end = definition.relay().open();
                    begin(end);
                    relay(end);
                    return;
                } catch (TargetAway away) {
                    doubted(String.valueOf(away.getMessage()));
                } catch (DamagedLog damaged) {
                    String why = String.valueOf(damaged.getMessage());
                    condition = Condition.stopped(why);
                    LOG.errorf("output=%s state=stopped cause=\"%s\"", name(), why);
                    return;
                } catch (IOException e) {
                    doubted("the log cannot be read: " + e.getMessage());
                }
                Thread.sleep(backoff.next());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (LogClosed _) {
            condition = Condition.stopped("");
        } catch (RuntimeException e) {
            condition = Condition.stopped("a bug ended the relay: " + e);
            LOG.errorf(e, "output=%s state=stopped", name());
        }
    }

    /** What takes time at the first opening is done meanwhile. */
    private void awaitTurn() throws InterruptedException {
        while (turn.getCount() > 0) {
            try {
                definition.relay().open();
                condition = Condition.READY;
                turn.await();
            } catch (TargetAway away) {
                condition = Condition.unready(String.valueOf(away.getMessage()));
                turn.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS);
            }
        }
        backoff.reset();
    }

    private void begin(Position end) {
        cursor = end;
        coverage = UNKNOWN;
        last = null;
        if (condition.is(State.RETRYING)) {
            LOG.infof("output=%s state=running", name());
        }
        condition = Condition.RUNNING;
    }

    private void doubted(String why) {
        if (closed) {
            return;
        }
        if (!condition.is(State.RETRYING)) {
            LOG.warnf("output=%s state=retrying cause=\"%s\"", name(), why);
        }
        condition = Condition.retrying(why);
    }

    private void relay(Position end) throws IOException, InterruptedException {
        Position at = end;
        while (!closed) {
            enter(inventory);
            // In this order: everything that the token speaks of stands up to there.
            Optional<ResumeToken> token = log.resumeToken();
            Position reached = log.last().orElse(Position.START);
            Slice slice = log.read(at, _ -> true, PIECE);
            switch (slice) {
                case Slice.Changes changes -> {
                    put(at, changes, token.filter(_ -> !reached.isAfter(changes.upTo())));
                    at = changes.upTo();
                }
                case Slice.Gap gap -> {
                    note(gap);
                    at = gap.removedUpTo();
                }
            }
            cursor = at;
            backoff.reset();
            if (!log.last().orElse(Position.START).isAfter(at)) {
                awaitBeyond(at);
            }
        }
    }

    private void awaitBeyond(Position at) throws InterruptedException {
        CompletableFuture<Void> beyond = log.beyond(at);
        try {
            beyond.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            beyond.cancel(false);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LogClosed over) {
                throw over;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** The tables as the source describes them; of their later shapes their changes tell. */
    private void enter(Inventory now) {
        if (now.equals(told)) {
            return;
        }
        told = now;
        tables.clear();
        now.tables()
                .forEach(table -> tables.put(
                        (TableId) table.schema().relation(), new Relayed.Table(table.schema(), table.before())));
        tablesChanged = true;
    }

    /** @param token what was known of the rows when the log ended within these changes; empty if it reached further */
    private void put(Position before, Slice.Changes changes, Optional<ResumeToken> token) {
        changes.transactions().forEach(this::shapes);
        if (tablesChanged) {
            definition.relay().put(new Relayed.Tables(List.copyOf(tables.values())));
            tablesChanged = false;
        }
        look(before, changes, token);
        List<Transaction> transactions = changes.transactions();
        Relayed.History history = new Relayed.History(before, transactions, coverage, read);
        Relayed.History former = last;
        if (transactions.isEmpty()
                && former != null
                && former.coverage().equals(coverage)
                && former.read().equals(history.read())) {
            return;
        }
        definition.relay().put(history);
        last = history;
        delivered.addAndGet(
                transactions.stream().mapToLong(some -> some.changes().size()).sum());
    }

    /** Neighbours are mostly of one schema. */
    @SuppressWarnings("ReferenceEquality")
    private void shapes(Transaction transaction) {
        Schema former = null;
        for (Change change : transaction.changes()) {
            if (change.schema() != former) {
                former = change.schema();
                shape(former);
            }
        }
    }

    private void shape(Schema schema) {
        TableId table = (TableId) schema.relation();
        Relayed.Table known = tables.get(table);
        if (known != null && !known.schema().sameShape(schema)) {
            tables.put(table, new Relayed.Table(schema, known.before()));
            tablesChanged = true;
        }
    }

    /**
     * What may be said of the rows behind these changes. Exactly known it is at the log's end only; before that nothing changes but by a new
     * epoch and a table that comes for the first time, and behind those nobody decides anything until it is known.
     */
    private void look(Position before, Slice.Changes changes, Optional<ResumeToken> token) {
        if (changes.upTo().epoch() > before.epoch()) {
            read.clear();
        }
        if (token.isPresent()) {
            Coverage then = origin.coverage(token.get());
            Coverage now = then.beside(log.resumeToken().map(origin::coverage).orElse(then));
            coverage.waiting().stream()
                    .filter(table -> !now.waiting().contains(table) && origin.wasRead(table))
                    .forEach(read::add);
            read.removeAll(now.waiting());
            coverage = now;
            covered = Stream.concat(
                            log.schemas().stream(), tables.values().stream().map(Relayed.Table::schema))
                    .map(schema -> (TableId) schema.relation())
                    .collect(Collectors.toUnmodifiableSet());
        } else if (changes.upTo().epoch() > before.epoch() || !covered.containsAll(tablesOf(changes.transactions()))) {
            coverage = new Coverage(Coverage.Snapshot.RUNNING, coverage.waiting(), coverage.events());
        }
    }

    private static Set<TableId> tablesOf(List<Transaction> transactions) {
        return transactions.stream()
                .flatMap(transaction -> transaction.changes().stream())
                .map(change -> (TableId) change.schema().relation())
                .collect(Collectors.toUnmodifiableSet());
    }

    private void note(Slice.Gap gap) {
        condition = condition.saying(
                "the log no longer holds what stands behind %s up to %s: it went by retention before it was relayed"
                        .formatted(gap.after(), gap.removedUpTo()));
        LOG.errorf("output=%s gap_after=%s gap_up_to=%s", name(), gap.after(), gap.removedUpTo());
    }

    PipelineStatus.Relayed status() {
        return new PipelineStatus.Relayed(definition.kind(), isRequired(), condition, cursor(), delivered.get());
    }

    @Override
    public void close() {
        closed = true;
        definition.relay().close();
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        thread.interrupt();
        try {
            if (!thread.join(Duration.ofSeconds(5))) {
                LOG.warnf("output=%s state=closing note=\"still ends by itself\"", name());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
