package io.deltastreams.source.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Change;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Coverage.Snapshot;
import io.deltastreams.change.Position;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.Batches;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.sink.kafka.TestBroker;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Inventory.CapturedTable;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.Resume;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import io.deltastreams.source.TableSnapshots;
import io.deltastreams.source.TableSnapshots.Refused;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one instance relays through a real broker, another takes: both sides of it. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
@QuarkusTestResource(value = TestBroker.class, restrictToAnnotatedClass = true)
class KafkaSourceTest {

    private static final AtomicInteger TOPICS = new AtomicInteger();
    private static final Coverage WHOLE = Coverage.WHOLE;
    private static final Relayed.Tables TABLES = tables(Batches.ORDER);
    private static final Transaction FIRST = Batches.orders(10, 3);

    @Inject
    @Identifier("kafka") Relay.Factory relays;

    @Inject
    @Identifier("kafka") ChangeSource.Factory sources;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String servers;

    TestBroker broker;

    private final String topic = "history-" + TOPICS.incrementAndGet();
    private final RecordingIntake intake = new RecordingIntake();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static Relayed.Tables tables(Schema... schemas) {
        return new Relayed.Tables(List.of(schemas).stream()
                .map(schema -> new Relayed.Table(schema, BeforeImage.KEY))
                .toList());
    }

    private Relay relay() {
        Relay relay = relays.create(settings("topic: " + topic));
        open.add(relay);
        return relay;
    }

    /** One that has told its tables and {@link #FIRST}. */
    private Relay begun() {
        Relay relay = relay();
        // As the pipeline does: a topic that was made just now may not be there yet.
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsInstanceOf(TargetAway.class)
                .until(() -> relay.open().equals(Position.START));
        relay.put(TABLES);
        relay.put(history(Position.START, FIRST));
        return relay;
    }

    private ChangeSource source(String... more) {
        ChangeSource source = sources.create(settings("topic: " + topic + "\n" + String.join("\n", more)));
        open.add(source);
        return source;
    }

    private static Settings settings(String yaml) {
        return Settings.parse("test", yaml, _ -> null);
    }

    private static Relayed.History history(Position before, Transaction... transactions) {
        return new Relayed.History(before, List.of(transactions), WHOLE, Set.of());
    }

    private static Position position(long commit, int index) {
        return new Position(1, commit, index);
    }

    @Test
    void everything_arrives_in_order_as_it_was() throws Exception {
        // given
        Relay relay = relay();
        assertThat(relay.open()).isEqualTo(Position.START);
        relay.put(TABLES);
        Transaction first = Batches.orders(10, 3);
        Transaction large = new Transaction(
                "77",
                Transaction.Kind.COMMIT,
                Instant.EPOCH,
                List.of(new Change.Insert(position(11, 0), Batches.ORDER, Row.of(5L, "x".repeat(3_000_000)))),
                true);

        // when
        relay.put(history(Position.START, first));
        relay.put(history(first.last(), large));
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 2);
            relay.put(history(large.last(), Batches.orders(12, 1)));
            intake.awaitLog(log -> log.size() == 3);
        }

        // then
        assertThat(intake.log()).containsExactly(first, large, Batches.orders(12, 1));
        assertThat(relay.open()).isEqualTo(position(12, 0));
    }

    @Test
    void a_restart_goes_on_where_it_was() throws Exception {
        Relay relay = begun();
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 1);
        }
        int before = intake.batches().size();

        relay.put(history(FIRST.last(), Batches.orders(11, 1)));
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 2);
        }

        assertThat(intake.batches()).hasSize(before + 1);
        assertThat(intake.duplicates()).isEmpty();
    }

    @Test
    void what_a_relay_wrote_a_second_time_is_left_out() throws Exception {
        Relay relay = begun();
        relay.put(history(Position.START, FIRST));
        Relay another = relay();
        assertThat(another.open()).isEqualTo(FIRST.last());
        another.put(history(FIRST.last(), Batches.orders(11, 1)));
        relay.put(history(Position.START, FIRST));
        assertThat(relay().open()).as("what is older counts for nothing").isEqualTo(position(11, 0));

        try (RunningSource _ = RunningSource.start(source(), intake)) {
            another.put(history(position(11, 0), Batches.orders(12, 1)));
            intake.awaitLog(log -> log.size() == 3);
        }

        assertThat(intake.changes()).extracting(Change::position).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void a_hole_is_told_and_nothing_behind_it_is_taken() throws Exception {
        Relay relay = begun();
        relay.put(history(position(15, 0), Batches.orders(16, 1)));

        SourceFailure hole = RunningSource.start(source(), intake).failure();

        assertThat(hole.kind()).isEqualTo(SourceFailure.Kind.PERMANENT);
        assertThat(hole)
                .hasMessageContaining("what follows 0001-000000000000000a-00000002 is gone")
                .hasMessageContaining("goes on behind 0001-000000000000000f-00000000");
        assertThat(hole.remedy()).contains("delete the folders of its log and its state");
        assertThat(intake.log()).hasSize(1);
    }

    @Test
    void the_log_of_another_kind_of_source_is_told() throws Exception {
        begun();
        Resume foreign = new Resume(Optional.of(new ResumeToken("postgres/7")), Optional.of(FIRST.last()), List.of());

        SourceFailure failure = RunningSource.start(source(), intake, foreign).failure();

        assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.PERMANENT);
        assertThat(failure).hasMessageContaining("the log was written from a source of another kind");
        assertThat(failure.remedy()).contains("a log.path of its own");
        assertThat(intake.log()).isEmpty();
    }

    @Test
    void wrong_settings_are_told() {
        Settings settings = settings("topic: a/b");

        sources.create(settings).close();

        assertThatExceptionOfType(InvalidSettings.class)
                .isThrownBy(settings::check)
                .withMessageContaining("topic: 'a/b' is no topic");
    }

    @Test
    void behind_a_hole_a_new_epoch_may_begin() throws Exception {
        Relay relay = begun();
        Transaction anew = new Transaction(
                "1",
                Transaction.Kind.SNAPSHOT,
                Instant.EPOCH,
                List.of(new Change.Truncate(new Position(2, 3, 0), Batches.ORDER)),
                true);
        relay.put(history(position(15, 0), anew));

        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 2);
        }
    }

    @Test
    void whoever_did_not_read_the_beginning_does_not_know_all_rows() throws Exception {
        Relay relay = relay();
        relay.open();
        relay.put(TABLES);
        relay.put(history(position(5, 0), Batches.orders(10, 3)));
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 1);
        }

        assertThat(source().coverage(intake.batches().getLast().resume()).snapshot())
                .isEqualTo(Snapshot.NEVER);
    }

    @Test
    void whoever_begins_at_the_end_takes_what_comes_from_then_on() throws Exception {
        Relay relay = begun();
        try (RunningSource _ = RunningSource.start(source("begin: latest"), intake)) {
            long commit = 11;
            Position last = FIRST.last();
            // Where the end was when it began is not to be seen from here.
            while (intake.log().isEmpty()) {
                relay.put(history(last, Batches.orders(commit, 1)));
                last = position(commit++, 0);
            }
        }

        assertThat(intake.log().getFirst().first().commit()).isGreaterThan(10);
        assertThat(source().coverage(intake.batches().getLast().resume()).snapshot())
                .isEqualTo(Snapshot.NEVER);
    }

    @Test
    void what_is_known_of_the_rows_comes_along() throws Exception {
        TableId orders = Batches.ORDERS;
        Relay relay = relay();
        relay.open();
        relay.put(TABLES);
        Coverage waiting = new Coverage(Snapshot.COMPLETE, Set.of(orders), Set.of(Batches.CUSTOMERS));
        relay.put(new Relayed.History(Position.START, List.of(Batches.orders(10, 3)), waiting, Set.of()));
        ChangeSource source = source();
        try (RunningSource _ = RunningSource.start(source, intake)) {
            intake.awaitBatches(1);
            assertThat(source.coverage(intake.batches().getLast().resume())).isEqualTo(waiting);
            assertThat(source.snapshots().status().tables())
                    .containsExactly(new TableSnapshots.Table(orders, TableSnapshots.State.WAITING, 0, 0));

            relay.put(new Relayed.History(FIRST.last(), List.of(), WHOLE, Set.of(orders)));
            intake.awaitBatches(2);
            assertThat(source.coverage(intake.batches().getLast().resume())).isEqualTo(WHOLE);
            assertThat(source.snapshots().status().tables())
                    .containsExactly(new TableSnapshots.Table(orders, TableSnapshots.State.DONE, 0, 0));
            assertThat(catchThrowableOfType(
                            Refused.class, () -> source.snapshots().request(List.of("public.orders"))))
                    .hasMessageContaining("POST /admin/snapshots to the one that captures");
        }
    }

    @Test
    void the_tables_are_those_in_force() throws Exception {
        Relay relay = begun();
        relay.put(tables(Batches.CUSTOMER, Batches.ORDER));
        relay.put(history(FIRST.last(), Batches.orders(11, 3)));

        assertThat(source().inspect().tables())
                .containsExactly(
                        new CapturedTable(Batches.CUSTOMER, BeforeImage.KEY),
                        new CapturedTable(Batches.ORDER, BeforeImage.KEY));
    }

    @Test
    void other_tables_are_described_anew() throws Exception {
        Relay relay = begun();
        ChangeSource source = source();
        source.inspect();
        RunningSource running = RunningSource.start(source, intake);
        intake.awaitLog(log -> log.size() == 1);

        relay.put(tables(Batches.ORDER, Batches.CUSTOMER));

        assertThat(running.failure())
                .hasMessageContaining("other tables come from now on")
                .extracting(SourceFailure::kind)
                .isEqualTo(SourceFailure.Kind.TRANSIENT);
    }

    @Test
    void nothing_is_lost_when_the_broker_is_away_for_a_while() throws Exception {
        Relay relay = begun();
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitLog(log -> log.size() == 1);
            broker.down();
            assertThat(catchThrowableOfType(
                            TargetAway.class, () -> relay.put(history(FIRST.last(), Batches.orders(11, 1)))))
                    .hasMessageContaining(servers);
            broker.up();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreException(TargetAway.class)
                    .until(() -> {
                        Position last = relay.open();
                        if (last.equals(FIRST.last())) {
                            relay.put(history(last, Batches.orders(11, 1)));
                        }
                        return true;
                    });
            intake.awaitLog(log -> log.size() == 2);
        }
        assertThat(intake.changes()).extracting(Change::position).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void close_ends_it_while_it_waits_for_room_and_while_it_waits_for_news() throws Exception {
        Relay relay = begun();
        relay.put(history(FIRST.last(), Batches.orders(11, 3)));
        intake.roomFor(1);
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitBatches(1);
        }
        intake.roomFor(10);
        try (RunningSource _ = RunningSource.start(source(), intake)) {
            intake.awaitBatches(2);
        }
        ChangeSource never = source();
        never.close();
        try (RunningSource running = RunningSource.start(never, intake)) {
            assertThat(running.ended(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void a_topic_that_will_not_do_is_told_with_what_would_be_right() throws Exception {
        assertThat(inspectionFailure()).contains("is not there; the instance that captures makes it");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(
                            new NewTopic(topic, Optional.of(1), Optional.empty()),
                            new NewTopic("three-" + topic, Optional.of(3), Optional.empty())))
                    .all()
                    .get();
        }
        assertThat(inspectionFailure()).contains("it holds nothing");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, "{}".getBytes(StandardCharsets.UTF_8)))
                    .get();
        }
        assertThat(inspectionFailure()).contains("at offset 0 is nothing that an instance's relay wrote");
        assertThat(catchThrowableOfType(TargetAway.class, relay()::open))
                .hasMessageContaining("holds something else than a relay's history at offset 0");
        Relay three = relays.create(settings("topic: three-" + topic));
        assertThat(catchThrowableOfType(TargetAway.class, three::open))
                .hasMessageContaining("has 3 partitions, and a history keeps its order in one");
    }

    private String inspectionFailure() {
        SourceFailure failure = catchThrowableOfType(SourceFailure.class, () -> source().inspect());
        return failure.getMessage() + "; " + failure.remedy();
    }
}
