package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogSettings;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.DeadLetter;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.sink.memory.MemorySinks;
import io.deltastreams.sink.memory.MemoryTarget;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Intake.Earlier;
import io.deltastreams.source.Intake.RetainedLog;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.Resume;
import io.deltastreams.source.SourceFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("NullAway.Init") // given by the running source, and by each test
class RunTest {

    private static final TableId ORDERS = new TableId("public", "orders");
    private static final Schema SCHEMA = new Schema(
            ORDERS,
            1,
            List.of(new Column("id", Type.Simple.INT32, false), new Column("amount", Type.Simple.INT32, false)),
            List.of(0));

    @TempDir
    Path folder;

    private final Script script = new Script();
    private final MemorySinks sinks = new MemorySinks();
    private final AtomicReference<InvalidPipeline> invalid = new AtomicReference<>();
    private final AtomicBoolean left = new AtomicBoolean();
    private final CapturedChannel captured = new CapturedChannel(Thread::startVirtualThread);
    private final Handover handover = captured.handover();
    private final Thread channel = Thread.ofVirtual().start(this::moveIntoTheLog);
    private final Box box = new Box();
    private final Forgetful relay = new Forgetful();
    private String kind = "script";
    private Run run;

    /** The script as a source that one instance captures from at a time. */
    private final class Single implements ChangeSource.Factory {

        @Override
        public ChangeSource create(Settings settings) {
            return source(settings);
        }

        @Override
        public boolean isExclusive() {
            return true;
        }
    }

    /** A relay whose target keeps nothing. */
    private static final class Forgetful implements Relay {

        private volatile boolean away;

        @Override
        public Position open() {
            if (away) {
                throw new TargetAway("the place is away");
            }
            return Position.START;
        }

        @Override
        public void put(Relayed relayed) {}

        @Override
        public void close() {}
    }

    /** Keeps dead letters, unless it is told to be away. */
    private static final class Box implements DeadLetterBox {

        private final List<DeadLetter> letters = new CopyOnWriteArrayList<>();
        private volatile boolean away;

        @Override
        public void keep(DeadLetter letter) {
            if (away) {
                throw new TargetAway("the box is away");
            }
            letters.add(letter);
        }

        @Override
        public void close() {}
    }

    /** A source that captures what the test gives it, and fails when told to. */
    @SuppressWarnings("NullAway.Init")
    private static final class Script implements ChangeSource {

        private final BlockingQueue<Object> steps = new LinkedBlockingQueue<>();
        private volatile Intake intake;
        private volatile Resume resume = Resume.NOTHING;
        private final AtomicInteger runs = new AtomicInteger();
        private volatile BeforeImage before = BeforeImage.FULL;
        private int commits;

        void commit(int id, int amount) {
            Position position = new Position(1, ++commits, 0);
            Change change = new Change.Insert(position, SCHEMA, Row.of(id, amount));
            Transaction transaction = new Transaction(
                    Integer.toString(commits), Transaction.Kind.COMMIT, Instant.EPOCH, List.of(change), true);
            steps.add(new Batch(List.of(transaction), new ResumeToken("after " + commits)));
        }

        void fail(SourceFailure failure) {
            steps.add(failure);
        }

        @Override
        public Inventory inspect() {
            return new Inventory(List.of(new CapturedTable(SCHEMA, before)), List.of());
        }

        @Override
        public void run(Resume from, Intake to) throws SourceFailure, InterruptedException {
            resume = from;
            intake = to;
            runs.incrementAndGet();
            while (true) {
                switch (steps.take()) {
                    case Batch batch -> to.take(batch);
                    case SourceFailure failure -> throw failure;
                    default -> {
                        return;
                    }
                }
            }
        }

        @Override
        public void close() {
            steps.add("end");
        }
    }

    private void moveIntoTheLog() {
        try {
            while (true) {
                captured.store(handover.take()).await().indefinitely();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void start(String streams, String log) throws IOException {
        start(streams, log, "");
    }

    private void start(String streams, String log, String more) throws IOException {
        DefinitionReader reader = new DefinitionReader(
                Map.of("script", this::source, "single", new Single()),
                Map.of("memory", sinks),
                Map.of("script", _ -> relay),
                Map.of("script", _ -> box));
        PipelineDefinition definition = reader.read(
                "f.yaml",
                "name: test\nsource: { %s: {} }\nlog: { path: %s%s }\n%s\nstreams:\n%s"
                        .formatted(kind, folder.resolve("log"), log, more, streams.indent(2)),
                _ -> null);
        run = new Run(
                definition,
                handover,
                new JsonCodecs().json(),
                task -> Thread.ofVirtual().start(task),
                invalid::set,
                () -> left.set(true));
        run.start();
    }

    private ChangeSource source(Settings settings) {
        // The definition's reader makes one to check its settings and closes it; the script goes on.
        script.steps.remove("end");
        return script;
    }

    private MemoryTarget target(String stream) {
        return sinks.target("test", new StreamId(stream));
    }

    private static void await(String what, org.awaitility.core.ThrowingRunnable condition) {
        Awaitility.await(what)
                .atMost(Duration.ofSeconds(20))
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(condition);
    }

    /** What the output that is called orders says of itself, then the relay. */
    private List<String> conditions() {
        PipelineStatus status = run.status();
        return List.of(
                output("orders").condition().toString(),
                status.relay().orElseThrow().condition().toString());
    }

    private PipelineStatus.Output output(String stream) {
        return run.status().outputs().stream()
                .filter(output -> output.stream().text().equals(stream))
                .findFirst()
                .orElseThrow();
    }

    @AfterEach
    void stop() {
        run.close();
        channel.interrupt();
    }

    @Test
    void an_output_that_is_away_holds_up_no_other() throws IOException {
        target("away").goAway("the network is down");
        start(
                "away: { from: public.orders, to: { memory: {} } }\nthere: { from: public.orders, to: { memory: {} } }",
                "");

        script.commit(1, 10);

        await("delivery", () -> assertThat(target("there").deltas()).hasSize(1));
        await("retrying", () -> assertThat(output("away").condition().state()).isEqualTo(State.RETRYING));
        assertThat(output("away").condition().message()).contains("the network is down");
        target("away").comeBack();
        await("delivery", () -> assertThat(target("away").deltas()).hasSize(1));
        await("running", () -> assertThat(output("away").condition().state()).isEqualTo(State.RUNNING));
    }

    @Test
    void a_damaged_log_ends_who_has_to_read_there_and_says_where_and_what_to_do() throws Exception {
        String small = ", segment_size: 4KB, retention: { age: 100000d }";
        start("orders: { from: public.orders, to: { memory: {} } }", small);
        for (int id = 0; id < 500; id++) {
            script.commit(id, 10);
        }
        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(500));
        run.close();
        Path damaged = segments().getFirst();
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);

        start(
                "orders: { from: public.orders, to: { memory: {} } }\ncopy: { from: public.orders, to: { memory: {} } }",
                small,
                "relay: { script: {} }");
        script.commit(500, 10);

        await("the end", () -> {
            assertThat(output("copy").condition().state()).isEqualTo(State.STOPPED);
            assertThat(run.status().relay().orElseThrow().condition().state()).isEqualTo(State.STOPPED);
        });
        assertThat(List.of(
                        output("copy").condition().message(),
                        run.status().relay().orElseThrow().condition().message()))
                .allSatisfy(
                        message -> assertThat(message)
                                .startsWith(damaged + " is damaged at offset ")
                                .endsWith(
                                        "Restore the file from a copy, or move the log's folder away to capture anew; then start the service again"));
        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(501));
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("log"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void a_poisoned_delta_stops_its_output_and_no_other() throws IOException {
        target("strict").poison(delta -> true);
        start(
                "strict: { from: public.orders, to: { memory: {} } }\nother: { from: public.orders, to: { memory: {} } }",
                "");

        script.commit(1, 10);
        script.commit(2, 10);

        await("stop", () -> assertThat(output("strict").condition().state()).isEqualTo(State.STOPPED));
        assertThat(output("strict").condition().message()).contains("0001-0000000000000001-00000000");
        await("delivery", () -> assertThat(target("other").deltas()).hasSize(2));
    }

    @Test
    void a_poisoned_delta_becomes_a_dead_letter_with_position_and_reason_once() throws IOException {
        target("orders").poison(delta -> delta.position().commit() == 1);
        start("orders: { from: public.orders, on_error: dead-letter, to: { memory: {} } }", "");

        script.commit(1, 10);
        script.commit(2, 10);

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
        List<String> letters = Files.readAllLines(folder.resolve("dead-letters/orders.jsonl"));
        assertThat(letters).hasSize(1);
        assertThat(letters.getFirst())
                .contains("\"position\":\"0001-0000000000000001-00000000\"")
                .contains("\"reason\":")
                .contains("\"after\":{\"id\":1,\"amount\":10}");
    }

    @Test
    void a_dead_letter_that_finds_no_room_is_waited_for_and_what_stands_before_it_is_delivered_once()
            throws IOException {
        Path inTheWay = Files.createFile(folder.resolve("dead-letters"));
        target("orders").poison(delta -> delta.position().commit() == 2);
        start("orders: { from: public.orders, on_error: dead-letter, to: { memory: {} } }", "");

        script.commit(1, 10);
        script.commit(2, 20);
        script.commit(3, 30);

        await("retrying", () -> assertThat(output("orders").condition().state()).isEqualTo(State.RETRYING));
        assertThat(output("orders").condition().message()).contains("orders.jsonl");
        Files.delete(inTheWay);
        await(
                "delivery",
                () -> assertThat(target("orders").deltas().stream()
                                .map(delta -> delta.position().commit()))
                        .containsExactly(1L, 3L));
        await("running", () -> assertThat(output("orders").condition().state()).isEqualTo(State.RUNNING));
        assertThat(Files.readAllLines(folder.resolve("dead-letters/orders.jsonl")))
                .singleElement()
                .asString()
                .contains("\"id\":2");
    }

    @Test
    void what_a_crash_left_of_a_dead_letter_is_no_letter() throws IOException {
        Path letters = folder.resolve("dead-letters/orders.jsonl");
        Files.createDirectories(letters.getParent());
        Files.writeString(letters, """
                {"at":"memory","position":"0001-0000000000000001-00000000","reason":"r","change":{"after":{"id":1}""");
        target("orders").poison(delta -> delta.position().commit() == 1);
        start("orders: { from: public.orders, on_error: dead-letter, to: { memory: {} } }", "");

        script.commit(1, 10);
        script.commit(2, 20);

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
        assertThat(Files.readAllLines(letters))
                .singleElement()
                .asString()
                .contains("\"amount\":10", "told not to take it");
    }

    @Test
    void dead_letters_are_replayed_once_what_kept_them_is_mended() throws IOException {
        // given
        StreamId orders = new StreamId("orders");
        target("orders").poison(delta -> delta.position().commit() <= 2);
        start("orders: { from: public.orders, on_error: dead-letter, to: { memory: {} } }", "");
        script.commit(1, 10);
        script.commit(2, 20);
        script.commit(3, 30);
        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
        assertThat(run.letters().waiting()).containsExactly(new LetterOffice.Waiting(orders, 2));

        // when
        target("orders").poison(delta -> delta.position().commit() == 2);
        LetterOffice.Replay replay = run.letters().replay(orders, Set.of()).orElseThrow();

        // then
        assertThat(replay.replayed()).isEqualTo(1);
        assertThat(replay.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.position()).isEqualTo(new Position(1, 2, 0));
            assertThat(refused.at()).isEqualTo("memory");
            assertThat(refused.reason()).contains("told not to take it");
        });
        assertThat(target("orders").deltas().stream()
                        .map(delta -> delta.position().commit()))
                .containsExactly(3L, 1L);
        assertThat(run.letters().lines(orders, 10).orElseThrow())
                .singleElement()
                .asString()
                .contains("\"id\":2");
        target("orders").poison(_ -> false);
        assertThat(run.letters()
                        .replay(orders, Set.of(new Position(1, 9, 0)))
                        .orElseThrow()
                        .replayed())
                .isZero();
        assertThat(run.letters()
                        .replay(orders, Set.of(new Position(1, 2, 0)))
                        .orElseThrow()
                        .replayed())
                .isEqualTo(1);
        assertThat(run.letters().waiting()).containsExactly(new LetterOffice.Waiting(orders, 0));
    }

    @Test
    void dead_letters_go_to_their_box_when_it_is_there() throws IOException {
        box.away = true;
        target("orders").poison(delta -> delta.position().commit() <= 2);
        start(
                "orders: { from: public.orders, on_error: dead-letter, to: { memory: {} } }",
                " }\ndead_letters: { script: {}");
        script.commit(1, 10);
        script.commit(2, 20);
        script.commit(3, 30);

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
        await("trouble", () -> assertThat(run.letters().trouble()).contains("the box is away"));
        box.away = false;
        await("letters", () -> assertThat(box.letters).hasSize(2));
        assertThat(box.letters.getFirst().position()).isEqualTo(new Position(1, 1, 0));
        assertThat(box.letters.getFirst().change()).contains("\"amount\":10");
        await("no trouble", () -> assertThat(run.letters().trouble()).isEmpty());
    }

    @Test
    void a_row_that_an_expression_fails_on_is_a_dead_letter_and_the_stream_goes_on() throws IOException {
        start("""
                orders:
                  from: public.orders
                  select: [id, 100 / amount AS share]
                  on_error: dead-letter
                  to: { memory: {} }
                """, "");

        script.commit(1, 0);
        script.commit(2, 10);

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
        assertThat(Files.readAllLines(folder.resolve("dead-letters/orders.jsonl")))
                .hasSize(1);
    }

    @Test
    void a_stream_that_fits_no_table_is_told_and_nothing_is_captured() throws IOException {
        start("orders: { from: public.ordres, to: { memory: {} } }", "");

        await("refusal", () -> assertThat(invalid.get()).isNotNull());
        assertThat(invalid.get()).hasMessageContaining("public.ordres").hasMessageContaining("public.orders");
    }

    @Test
    void a_failed_source_is_opened_again_where_the_log_ends() throws IOException {
        start("orders: { from: public.orders, to: { memory: {} } }", "");
        script.commit(1, 10);
        script.fail(new SourceFailure(SourceFailure.Kind.TRANSIENT, "the server is away", "start it", null));
        await(
                "retrying",
                () -> assertThat(run.status().source().condition().message())
                        .isEqualTo("the server is away; start it"));

        script.commit(2, 10);

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(2));
        assertThat(script.runs).hasValue(2);
        assertThat(script.resume.token()).contains(new ResumeToken("after 1"));
        assertThat(script.resume.last()).contains(new Position(1, 1, 0));
    }

    @Test
    void outputs_that_wait_for_their_turn_connect_as_soon_as_they_can() throws IOException {
        kind = "single";
        target("orders").goAway("the network is down");
        relay.away = true;
        start("orders: { from: public.orders, to: { memory: {} } }", "", "relay: { script: {} }");

        script.fail(new SourceFailure(SourceFailure.Kind.TAKEN, "another instance captures", "", null));

        String away = "STARTING: waits for its turn, but its target is away: ";
        await(
                "trouble",
                () -> assertThat(conditions())
                        .containsExactly(away + "the network is down", away + "the place is away"));
        target("orders").comeBack();
        relay.away = false;
        await("ready", () -> assertThat(conditions()).containsOnly("STARTING: has connected and waits for its turn"));
        assertThat(run.status().source().condition().toString()).isEqualTo("STANDBY: another instance captures");
    }

    @ParameterizedTest
    @CsvSource({"KEY, 1", "NONE, 0"})
    void a_where_is_told_once_that_former_rows_are_missing_where_there_are_updates(BeforeImage before, int times)
            throws IOException {
        List<LogRecord> told = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger(Run.class.getName());
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord record) {
                told.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(listener);
        try {
            script.before = before;
            start("large: { from: public.orders, where: amount > 5, to: { memory: {} } }", "");
            script.fail(new SourceFailure(SourceFailure.Kind.TRANSIENT, "the server is away", "start it", null));
            await("second attempt", () -> assertThat(script.runs).hasValue(2));
        } finally {
            logger.removeHandler(listener);
        }

        assertThat(told)
                .filteredOn(record -> record.getMessage().contains("needs former rows"))
                .hasSize(times);
    }

    private static RetainedLog retained(boolean urgent) {
        return new RetainedLog(
                5 << 20, OptionalLong.empty(), OptionalLong.empty(), urgent ? "the server keeps 5 MB" : "", urgent);
    }

    @Test
    void while_capture_has_to_catch_up_outputs_that_nobody_requires_wait() throws IOException {
        start("""
                needed: { from: public.orders, to: { memory: { required: true } } }
                other: { from: public.orders, to: { memory: {} } }
                """, "");
        script.commit(1, 10);
        await("delivery", () -> assertThat(target("other").deltas()).hasSize(1));

        script.intake.retained(retained(true));
        script.commit(2, 10);

        await("delivery", () -> assertThat(target("needed").deltas()).hasSize(2));
        assertThat(output("needed").condition().state()).isEqualTo(State.RUNNING);
        assertThat(output("other").condition().state()).isEqualTo(State.PAUSED);
        assertThat(output("other").condition().message()).contains("the server keeps 5 MB");
        assertThat(run.status().source().alone()).isTrue();
        assertThat(target("other").deltas()).hasSize(1);

        script.intake.retained(retained(false));

        await("delivery", () -> assertThat(target("other").deltas()).hasSize(2));
        assertThat(output("other").condition().state()).isEqualTo(State.RUNNING);
        assertThat(run.status().source().alone()).isFalse();
    }

    @Test
    void nobody_waits_for_a_capture_that_has_failed() throws IOException {
        start("orders: { from: public.orders, to: { memory: {} } }", "");
        await("capture", () -> assertThat(script.runs).hasValue(1));
        script.intake.retained(retained(true));
        script.commit(1, 10);
        script.fail(new SourceFailure(SourceFailure.Kind.TRANSIENT, "the server is away", "start it", null));

        await("delivery", () -> assertThat(target("orders").deltas()).hasSize(1));
    }

    @Test
    void closing_at_the_disk_budget_is_no_failure_and_keeps_what_a_required_output_needs()
            throws IOException, InterruptedException {
        target("orders").goAway("not yet");
        start("orders: { from: public.orders, to: { memory: { required: true } } }", ", budget: 8KB");
        for (int id = 1; id <= 200; id++) {
            script.commit(id, 10);
        }
        await("wait", () -> assertThat(run.status().log().status().waitingFor()).containsExactly("orders/memory"));

        run.close();

        assertThat(run.status().log().failure()).isEmpty();
        assertThat(handover.awaitIdle(0, TimeUnit.SECONDS)).isTrue();
        try (ChangeLog log = ChangeLog.open(LogSettings.at(folder.resolve("log")))) {
            assertThat(log.removedUpTo()).isEqualTo(Position.START);
            assertThat(log.last()).isPresent();
        }
    }

    @Test
    void with_an_ephemeral_log_only_what_every_required_output_has_is_durable() throws IOException {
        target("orders").goAway("not yet");
        start("orders: { from: public.orders, to: { memory: { required: true } } }", ", durability: ephemeral");
        script.commit(1, 10);
        await("capture", () -> assertThat(run.status().log().last()).isPresent());

        // Invariant 1: the log has it, the required output has not.
        assertThat(script.intake.durable().filter(position -> position.commit() >= 1))
                .isEmpty();

        target("orders").comeBack();
        await("durable", () -> assertThat(script.intake.durable()).contains(new Position(1, 1, 0)));
    }

    @Test
    void a_source_that_waits_for_the_outputs_says_so() throws Exception {
        target("orders").goAway("not yet");
        start("orders: { from: public.orders, to: { memory: { required: true } } }", ", durability: ephemeral");
        await("capture", () -> assertThat(script.runs).hasValue(1));

        FutureTask<Earlier> alone = new FutureTask<>(script.intake::alone);
        Thread.ofVirtual().start(alone);

        await(
                "reason",
                () -> assertThat(run.status().source().condition().message()).contains("until the outputs have told"));
        target("orders").comeBack();
        assertThat(alone.get(20, TimeUnit.SECONDS).complete()).isTrue();
        assertThat(run.status().source().condition().message()).isEmpty();
    }

    @Test
    void outputs_that_another_instance_had_meanwhile_begin_with_a_new_run() throws Exception {
        start("orders: { from: public.orders, to: { memory: { required: true } } }", ", durability: ephemeral");
        await("capture", () -> assertThat(script.runs).hasValue(1));
        assertThat(script.intake.alone().complete()).isTrue();
        target("orders").takeAway("another instance writes it");
        script.commit(1, 10);
        await("end", () -> assertThat(output("orders").condition().state()).isEqualTo(State.STOPPED));

        Thread.ofVirtual().start(() -> {
            try {
                script.intake.alone();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });

        await("a new run", () -> assertThat(left).isTrue());
    }
}
