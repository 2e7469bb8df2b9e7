package io.deltastreams.feed;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.settings.Settings;
import io.deltastreams.state.State;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.stream.Pacing;
import io.deltastreams.stream.RecentReadings;
import io.deltastreams.stream.Shapes;
import io.deltastreams.transform.StreamProgram;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A server with the feed {@code orders} (and {@code silent}, a stream without one), and the log that it shows. */
public final class Shop implements AutoCloseable {

    public static final TableId ORDERS = new TableId("public", "orders");
    public static final TableId OTHERS = new TableId("public", "others");
    public static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    public final MemoryLog log = new MemoryLog();
    public final DeltaStream orders;
    public final Subscribers subscribers;
    private final Optional<State> state;
    private final List<FedStream> all = new CopyOnWriteArrayList<>();
    private final List<String> troubles = new CopyOnWriteArrayList<>();
    private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    /** What happens when a request has looked for its stream. */
    private volatile Runnable lookedAt = () -> {};

    private int commits;
    private int epoch = 1;

    /** Makes what shows the streams. */
    @FunctionalInterface
    public interface Showing {
        Presentation of(FeedCodecs codecs, Subscribers subscribers);
    }

    public Shop(FeedConfig config, Showing showing) {
        this(config, showing, _ -> Optional.empty());
    }

    /** @param keeping the state of the log, if it shall have one; closed with the shop */
    public Shop(FeedConfig config, Showing showing, Function<ChangeLog, Optional<State>> keeping) {
        state = keeping.apply(log);
        state.ifPresent(State::start);
        orders = stream("orders", ORDERS);
        all.add(new FedStream(orders, true, false));
        all.add(new FedStream(stream("silent", OTHERS), false, false));
        subscribers = new Subscribers(config);
        Router router = Router.router(vertx);
        FedStreams streams = new Streams(all, troubles, () -> lookedAt.run());
        JsonCodecs json = new JsonCodecs();
        FeedCodecs codecs = new FeedCodecs(json.json(), json.jsonWithTextualBigints());
        new Feeds(streams, List.of(showing.of(codecs, subscribers)), config, subscribers).routes(router);
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private record Streams(List<FedStream> all, List<String> troubles, Runnable lookedAt) implements FedStreams {
        @Override
        public Optional<List<FedStream>> running() {
            lookedAt.run();
            return all.isEmpty() ? Optional.empty() : Optional.of(List.copyOf(all));
        }

        @Override
        public Optional<String> trouble() {
            return troubles.stream().findFirst();
        }
    }

    private DeltaStream stream(String name, TableId table) {
        Settings settings = Settings.parse("test.yaml", "from: " + table.text(), _ -> null);
        StreamProgram program = StreamProgram.read(new StreamId(name), settings);
        return new DeltaStream(
                new Shapes(
                        program, Path.of("target", "shapes", UUID.randomUUID().toString(), name)),
                log,
                state,
                (_, _, _) -> {},
                new RecentReadings(1),
                Pacing.FREE,
                blocking);
    }

    public void whenLookedAt(Runnable happens) {
        lookedAt = happens;
    }

    public int port() {
        return server.actualPort();
    }

    public void empty() {
        all.clear();
    }

    public void fail(String why) {
        all.clear();
        troubles.add(why);
    }

    public static Schema schema(TableId table, int version) {
        List<Column> columns = new ArrayList<>(List.of(
                new Column("id", Type.Simple.INT64, false),
                new Column("status", Type.Simple.TEXT, true),
                new Column("amount", new Type.Numeric(12, 2), true)));
        IntStream.range(1, version).forEach(i -> columns.add(new Column("extra" + i, Type.Simple.TEXT, true)));
        return new Schema(table, version, columns, List.of(0));
    }

    /** Appends one transaction of inserts. */
    public Transaction insert(TableId table, String status, long... ids) {
        return insert(schema(table, 1), status, ids);
    }

    public Transaction insert(Schema schema, String status, long... ids) {
        int commit = ++commits;
        List<Change> changes = new ArrayList<>();
        for (long id : ids) {
            @org.jspecify.annotations.Nullable Object[] row = new Object[schema.columns().size()];
            row[0] = id;
            row[1] = status;
            changes.add(new Change.Insert(new Position(epoch, commit, changes.size()), schema, Row.of(row)));
        }
        return append(changes, true);
    }

    public Transaction append(List<Change> changes, boolean complete) {
        long commit = changes.getFirst().position().commit();
        Transaction transaction = new Transaction(
                Long.toString(commit), Transaction.Kind.COMMIT, NOON.plusSeconds(commit), changes, complete);
        log.append(new Batch(List.of(transaction), new ResumeToken("t"))).join();
        return transaction;
    }

    /** The source's history begins again, with a truncate. */
    public Transaction beginAgain() {
        nextEpoch();
        return append(List.of(new Change.Truncate(new Position(epoch, ++commits, 0), schema(ORDERS, 1))), true);
    }

    public void nextEpoch() {
        epoch++;
    }

    /** Appends a transaction of two rows, of which {@code 1 / amount} cannot be told for the second. */
    public Transaction insertUnjudgeable() {
        int commit = nextCommit();
        Schema schema = schema(ORDERS, 1);
        return append(
                List.of(
                        new Change.Insert(new Position(1, commit, 0), schema, Row.of(1L, "A", BigDecimal.ONE)),
                        new Change.Insert(new Position(1, commit, 1), schema, Row.of(2L, "B", BigDecimal.ZERO))),
                true);
    }

    public int nextCommit() {
        return ++commits;
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        state.ifPresent(State::close);
        blocking.close();
    }
}
