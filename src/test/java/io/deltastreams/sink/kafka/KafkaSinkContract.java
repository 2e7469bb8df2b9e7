package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Orders;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Retrying;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.SinkContract;
import io.deltastreams.sink.TargetAway;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What both ways of delivery have in common. */
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
abstract class KafkaSinkContract extends SinkContract {

    /** How what is written gets there, as the settings say. */
    private final String delivery;

    private final boolean mayRepeat;

    KafkaSinkContract(String delivery, boolean mayRepeat) {
        this.delivery = delivery;
        this.mayRepeat = mayRepeat;
    }

    @Inject
    @Identifier("kafka") Sink.Factory sinks;

    @Inject
    @Identifier("json") Codec codec;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String servers;

    @Inject
    KafkaClientService clients;

    TestBroker broker;

    @Override
    protected Sink open(StreamId stream) {
        return open(stream, new String[0]);
    }

    final Sink open(StreamId stream, String... lines) {
        String yaml = "delivery: " + delivery + "\n" + String.join("\n", lines);
        Settings settings = Settings.parse("test", yaml, _ -> null);
        Sink sink = sinks.create("shop", stream, settings);
        settings.finish();
        settings.check();
        return sink;
    }

    final Sink started(String... lines) {
        Sink sink = open(stream, lines);
        // As the pipeline does: a broker that has just come back may refuse a first transaction.
        await().atMost(Duration.ofSeconds(30))
                .ignoreExceptionsInstanceOf(TargetAway.class)
                .untilAsserted(() -> cursor(sink));
        return sink;
    }

    @Override
    protected Map<String, List<Position>> arrived(StreamId stream) {
        Map<String, List<Position>> arrived = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records()) {
            if (record.value() != null) {
                arrived.computeIfAbsent(text(record.key()), _ -> new ArrayList<>())
                        .add(Position.parse(header(record, "ds-position")));
            }
        }
        return arrived;
    }

    final List<ConsumerRecord<byte[], byte[]>> records() {
        return TopicReader.read(servers, stream.text());
    }

    static String text(byte[] bytes) {
        return bytes == null ? "null" : new String(bytes, UTF_8);
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return text(record.headers().lastHeader(name).value());
    }

    @Test
    void a_record_carries_the_delta_its_key_its_time_and_its_headers() {
        // when
        Delta delta = orders.insert(42, "é");
        write(started(), Orders.batch(delta));

        // then
        ConsumerRecord<byte[], byte[]> record = records().getFirst();
        assertThat(text(record.key())).isEqualTo("{\"id\":42}");
        assertThat(text(record.value())).contains("\"op\":\"insert\"", "\"after\":{\"id\":42,\"note\":\"é\"}");
        assertThat(record.timestamp()).isEqualTo(Orders.COMMITTED_AT.toEpochMilli());
        assertThat(header(record, "ds-position")).isEqualTo(delta.position().toString());
        assertThat(header(record, "ds-op")).isEqualTo("insert");
        assertThat(header(record, "ds-schema")).isEqualTo("3");
        assertThat(header(record, "ds-tx")).isEqualTo("790");
        assertThat(header(record, "ds-ts")).isEqualTo(Orders.COMMITTED_AT.toString());
    }

    @Test
    void a_delete_is_followed_by_a_tombstone() {
        write(started(), Orders.batch(orders.insert(1, "a"), orders.delete(1)));

        List<ConsumerRecord<byte[], byte[]>> records = records();
        assertThat(records).hasSize(3).allMatch(record -> text(record.key()).equals("{\"id\":1}"));
        assertThat(text(records.get(1).value())).contains("\"op\":\"delete\"");
        assertThat(records.get(2).value()).isNull();
        assertThat(header(records.get(2), "ds-position")).isEqualTo(header(records.get(1), "ds-position"));
    }

    @Test
    void tombstones_can_be_turned_off() {
        write(started("tombstones: false"), Orders.batch(orders.delete(1)));

        assertThat(records()).hasSize(1).noneMatch(record -> record.value() == null);
    }

    @Test
    void a_truncate_goes_to_every_partition() {
        write(started(), Orders.batch(orders.insert(1, "a"), orders.truncate()));

        List<ConsumerRecord<byte[], byte[]>> truncates = records().stream()
                .filter(record -> header(record, "ds-op").equals("truncate"))
                .toList();
        assertThat(truncates).hasSize(3).allMatch(record -> record.key() == null);
        assertThat(truncates.stream().map(ConsumerRecord::partition)).containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void a_stream_without_key_has_records_without_key() {
        orders = new Orders(stream, false);
        write(started(), Orders.batch(orders.insert(1, "a"), orders.insert(2, "b")));

        assertThat(records()).hasSize(2).allMatch(record -> record.key() == null);
    }

    @Test
    void a_record_that_is_too_large_is_poison_and_those_before_it_are_there() {
        // given
        Sink sink = started();
        Delta first = orders.insert(1, "a");
        Delta large = orders.insert(2, "x".repeat(3_000_000));
        Delta after = orders.insert(3, "c");

        // when
        Outcome outcome = write(sink, Orders.batch(first, large, after));

        // then
        assertThat(outcome).isInstanceOfSatisfying(Outcome.Poisoned.class, poisoned -> {
            assertThat(poisoned.position()).isEqualTo(large.position());
            assertThat(poisoned.reason()).contains("RecordTooLarge");
        });
        assertThat(arrived(stream)).containsKey("{\"id\":1}").doesNotContainKey("{\"id\":2}");
        assertThat(cursor(sink).orElse(first.position())).isEqualTo(first.position());
        assertThat(write(sink, Orders.batch(after))).isEqualTo(new Outcome.Delivered());
    }

    @Test
    void nothing_is_lost_when_the_broker_restarts() {
        nothingIsLostWhile(_ -> {
            broker.down();
            broker.up();
        });
    }

    @Test
    void nothing_is_lost_when_the_broker_is_away_for_longer_than_the_producer_waits() {
        nothingIsLostWhile(doubted -> {
            broker.down();
            await().atMost(Duration.ofSeconds(60)).until(() -> doubted.getCount() == 0);
            broker.up();
        });
    }

    private void nothingIsLostWhile(Consumer<CountDownLatch> trouble) {
        // given
        CountDownLatch doubted = new CountDownLatch(1);
        Sink sink = new Retrying(started(), Duration.ofMillis(50), Duration.ofSeconds(1), new Retrying.Watch() {
            @Override
            public void inDoubt(Outcome.Unknown why) {
                doubted.countDown();
            }

            @Override
            public void answered() {}
        });
        // A producer that has no identity from the broker yet gives up nothing, however long it waits for one.
        List<Delta> deltas = new ArrayList<>(orders.updates(1000, 5));
        assertThat(write(sink, Orders.batch(deltas))).isEqualTo(new Outcome.Delivered());
        AtomicBoolean over = new AtomicBoolean();

        // when
        // On a thread of this test's: those of the common pool load Kafka's classes from elsewhere than Quarkus does.
        CompletableFuture<Void> writing = CompletableFuture.runAsync(
                () -> {
                    // On and on, so that the trouble comes amid it however fast this machine is.
                    while (!over.get() || deltas.size() < 50_000) {
                        List<Delta> next = orders.updates(1000, 5);
                        deltas.addAll(next);
                        assertThat(write(sink, Orders.batch(next))).isEqualTo(new Outcome.Delivered());
                    }
                },
                task -> Thread.ofPlatform().start(task));
        trouble.accept(doubted);
        over.set(true);
        assertThat(writing).succeedsWithin(Duration.ofMinutes(2));
        sink.close().await().atMost(Duration.ofSeconds(5));

        // then
        List<Position> all = new ArrayList<>();
        Set<Position> arrived = new HashSet<>();
        arrived(stream).values().forEach(positions -> {
            assertThat(new ArrayList<>(new LinkedHashSet<>(positions))).isSorted();
            arrived.addAll(positions);
            all.addAll(positions);
        });
        if (!mayRepeat) {
            assertThat(all).doesNotHaveDuplicates();
        }
        assertThat(arrived).hasSize(deltas.size());
        assertThat(cursor(open(stream))).contains(deltas.getLast().position());
    }

    @Test
    void closing_is_quick_when_the_broker_is_away_and_the_write_ends_by_itself() {
        // given
        Sink sink = started();
        write(sink, Orders.batch(orders.insert(1, "a")));
        broker.down();
        UniAssertSubscriber<Outcome> write = sink.write(Orders.batch(orders.updates(1000, 5)))
                .subscribe()
                .withSubscriber(UniAssertSubscriber.create());

        // when
        sink.close().await().atMost(Duration.ofSeconds(5));

        // then
        assertThat(write.awaitItem(Duration.ofSeconds(60)).getItem()).isInstanceOf(Outcome.Unknown.class);
        broker.up();
    }

    @Test
    void the_producer_is_set_up_for_durability_and_order() {
        assertThat(clients.getProducer("kafka").configuration().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue()))
                .contains(
                        "acks=all",
                        "enable.idempotence=true",
                        "max.in.flight.requests.per.connection=5",
                        "retries=" + Integer.MAX_VALUE);
    }

    @Test
    void a_cursor_that_a_broker_does_not_tell_yet_names_it_and_is_there_later() {
        broker.down();
        Sink sink = open(stream);

        assertThatExceptionOfType(TargetAway.class)
                .isThrownBy(() -> cursor(sink))
                .withMessageContaining(servers);

        broker.up();
        await().atMost(Duration.ofSeconds(30))
                .ignoreException(TargetAway.class)
                .untilAsserted(() -> assertThat(cursor(sink)).isEmpty());
    }

    @Test
    void a_topic_is_made_as_it_is_declared_and_held_to_it() throws Exception {
        // when
        started("partitions: 6", "replication: 1", "cleanup: compact-delete", "retention: 7d");

        // then
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, stream.text());
            Config config = admin.describeConfigs(List.of(topic))
                    .all()
                    .get()
                    .values()
                    .iterator()
                    .next();
            assertThat(config.get("retention.ms").value()).isEqualTo("604800000");
            assertThat(config.get("cleanup.policy").value().split(",")).containsExactlyInAnyOrder("compact", "delete");
            assertThat(admin.describeTopics(List.of(stream.text()))
                            .allTopicNames()
                            .get()
                            .values())
                    .allSatisfy(
                            description -> assertThat(description.partitions()).hasSize(6));
        }
        assertThat(cursor(open(stream, "partitions: 6", "cleanup: compact-delete")))
                .isEmpty();
        assertThatExceptionOfType(TargetAway.class)
                .isThrownBy(() -> cursor(
                        open(stream, "partitions: 3", "replication: 2", "cleanup: delete", "retention: unlimited")))
                .withMessageContaining("topic '%s' is not as declared".formatted(stream.text()))
                .withMessageContaining("it has 6 partitions, declared are 3")
                .withMessageContaining("it has 1 replicas, declared are 2")
                .withMessageContaining("its retention.ms is 604800000, declared is -1")
                .withMessageMatching(".*its cleanup.policy is \\S+, declared is delete.*");
    }

    @Test
    void a_topic_that_is_not_to_be_made_is_waited_for() throws Exception {
        Sink sink = open(stream, "create: false");
        assertThatExceptionOfType(TargetAway.class)
                .isThrownBy(() -> cursor(sink))
                .withMessageContaining("topic '%s' is missing and is not to be made".formatted(stream.text()));

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(stream.text(), 1, (short) 1)))
                    .all()
                    .get();
        }

        assertThat(cursor(sink)).isEmpty();
    }

    @Test
    void a_single_partition_has_all_in_order() {
        List<Delta> deltas = new ArrayList<>(orders.updates(20, 20));
        deltas.add(orders.truncate());
        deltas.add(orders.insert(1, "a"));

        write(started("partition: single", "partitions: 3"), Orders.batch(deltas));

        assertThat(records()).hasSize(22).allMatch(record -> record.partition() == 0);
        assertThat(records().stream().map(record -> Position.parse(header(record, "ds-position"))))
                .isSorted();
    }

    @Test
    void a_topic_can_be_named_after_the_table() {
        String prefix = stream.text() + ".of.";
        Sink sink = started("topic: " + prefix + "${source.schema}.${source.table}", "partitions: 2");
        write(sink, Orders.batch(of("public", "orders", 1), of("audit", "log book", 2), of("public", "orders", 3)));

        assertThat(keys(prefix + "public.orders")).containsExactlyInAnyOrder("{\"id\":1}", "{\"id\":3}");
        assertThat(keys(prefix + "audit.log_book")).containsExactly("{\"id\":2}");
        assertThat(cursor(open(stream, "topic: " + prefix + "${source.schema}.${source.table}")))
                .isPresent();
    }

    private Delta of(String schema, String table, int id) {
        Delta delta = orders.insert(id, "n");
        return new Delta(delta.change(), new TableId(schema, table), "790", Orders.COMMITTED_AT, false, true);
    }

    private List<String> keys(String topic) {
        return TopicReader.read(servers, topic).stream()
                .map(record -> text(record.key()))
                .toList();
    }

    @Test
    void a_shape_of_its_own_has_a_topic_of_its_own() {
        Sink sink = started();
        Orders second = new Orders(new StreamId(stream.text() + ".v2"), true);
        write(sink, Orders.batch(orders.insert(1, "n")));
        orders.next();
        second.next();
        write(sink, Orders.batch(second.insert(2, "n")));

        assertThat(keys(stream.text())).containsExactly("{\"id\":1}");
        assertThat(keys(stream.text() + ".v2")).containsExactly("{\"id\":2}");
    }

    @Test
    void an_expression_chooses_the_partition_as_kafka_does_for_such_a_key() {
        // given
        Sink sink = started("partition: { by: substring(note from 1 for 2) }", "partitions: 5");

        // when
        List<Delta> deltas = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            deltas.add(orders.insert(i, "n" + i % 4 + "-" + i));
        }
        deltas.add(orders.truncate());
        write(sink, Orders.batch(deltas));

        // then
        List<ConsumerRecord<byte[], byte[]>> rows =
                records().stream().filter(record -> record.key() != null).toList();
        assertThat(rows).hasSize(20).allSatisfy(record -> {
            int id = Integer.parseInt(text(record.key()).replaceAll("\\D", ""));
            byte[] like = ("n" + id % 4).getBytes(UTF_8);
            assertThat(record.partition()).isEqualTo(BuiltInPartitioner.partitionForKey(like, 5));
        });
        assertThat(records()).hasSize(25);
    }

    @Test
    void a_delta_without_what_its_partition_hangs_on_is_poison() {
        Sink sink = started("partition: { by: note }");
        Delta delete = orders.delete(1);

        assertThat(write(sink, Orders.batch(delete)))
                .isInstanceOfSatisfying(
                        Outcome.Poisoned.class,
                        poisoned -> assertThat(poisoned.reason())
                                .contains("column 'note' is needed", "REPLICA IDENTITY FULL"));
    }

    @Test
    void wrong_settings_are_told_with_what_would_be_right() {
        assertThat(problems("retention: forever")).contains("'forever' is no retention: write 12h, 7d or unlimited");
        assertThat(problems("partition: customer")).contains("key, single");
        assertThat(problems("partitions: 0")).contains("within 1 and 100000");
        assertThat(problems("optimize: speed")).contains("latency, throughput, auto");
        assertThat(problems("format: xml")).contains("'xml' is no format; known: avro, ");
        assertThat(problems("topic: a/b")).contains("'a/b' is no topic");
        assertThat(problems("topic: a/${stream}")).contains("is no topic");
        assertThat(problems("topic: a.${source.tabel}")).contains("environment variable source.tabel is not set");
        assertThat(problems("partition: { by: id + }")).contains("partition", "1:");
        assertThat(problems("partition: { key: id }")).contains("'by' is missing");
        assertThat(problems("bigint: hex")).contains("number, string");
        assertThat(problems("format: debezium-json\nbigint: string")).contains("unknown key");
        assertThat(problems("tombstone: true")).contains("did you mean 'tombstones'?");
    }

    private String problems(String line) {
        try {
            open(stream, line);
            return "";
        } catch (InvalidSettings e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void bigints_as_strings_by_setting() {
        write(
                started("bigint: string", "topic: " + stream.text(), "format: json", "required: true"),
                Orders.batch(orders.insert(1, "a")));

        assertThat(records()).hasSize(1);
    }

    @Tag("bench")
    @Test
    void small_deltas_a_second_to_a_broker_in_this_process() {
        Sink sink = started();
        for (int size : new int[] {5000, 5000, 5000, 5000, 5000, 1000, 100, 1}) {
            List<Deltas> batches = new ArrayList<>();
            for (int i = 0; i < Math.clamp(100_000 / size, 20, 200); i++) {
                batches.add(Orders.batch(orders.updates(size, 1000)));
            }
            long start = System.nanoTime();
            batches.forEach(batch -> assertThat(write(sink, batch)).isEqualTo(new Outcome.Delivered()));
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "sink.kafka: %,.0f deltas/s in batches of %d, %.1f ms each%n",
                    batches.size() * size / seconds, size, seconds * 1000 / batches.size());
        }
    }

    @Tag("bench")
    @ParameterizedTest
    @CsvSource({
        "json, 1", "json, 6", "debezium-json, 1", "debezium-json, 6", "cloudevents, 1", "cloudevents, 6",
        "avro, 1", "avro, 6", "protobuf, 1", "protobuf, 6", "debezium-avro, 1", "debezium-avro, 6"
    })
    void small_deltas_a_second_beside_a_bare_producer_that_sends_the_same_bytes(
            String format, int partitions, @TempDir Path schemas) {
        String registry = format.endsWith("avro") || format.equals("protobuf") ? "registry: " + schemas : "";
        Sink sink = started("format: " + format, "partitions: " + partitions, registry);
        Map<String, Object> settings =
                new HashMap<>(clients.getProducer("kafka").configuration());
        settings.put("client.id", "bare");
        List<Double> ratios = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> bare =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            int before = 0;
            for (int round = 0; round < 6; round++) {
                List<Deltas> batches = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    List<Delta> deltas = orders.updates(20_000, 1000);
                    batches.add(
                            new Deltas(Position.START, deltas, deltas.getLast().position(), true, i < 4));
                }
                double ours = rate(
                        100_000,
                        () -> batches.forEach(batch ->
                                assertThat(write(sink, batch)).isIn(new Outcome.Delivered(), new Outcome.Taken())));
                List<ProducerRecord<byte[], byte[]>> same = records().stream()
                        .skip(before)
                        .map(record -> new ProducerRecord<>(
                                stream.text() + "-bare",
                                record.partition(),
                                record.timestamp(),
                                record.key(),
                                record.value(),
                                record.headers()))
                        .toList();
                before += same.size();
                if (round == 0) {
                    open(new StreamId(stream.text() + "-bare"), "partitions: " + partitions)
                            .cursor()
                            .await()
                            .indefinitely();
                }
                double floor = rate(same.size(), () -> send(bare, same));
                ratios.add(ours / floor);
                System.out.printf(
                        "sink.kafka %s %s, %d partitions: %,.0f deltas/s, bare producer %,.0f records/s: %.2f%n",
                        format, delivery, partitions, ours, floor, ours / floor);
            }
        }
        // The first two warm the JVM up.
        System.out.printf(
                "sink.kafka %s %s, %d partitions: median %.2f of a bare producer%n",
                format,
                delivery,
                partitions,
                ratios.subList(2, 6).stream().sorted().toList().get(2));
    }

    private static void send(KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records) {
        Flight flight = new Flight();
        for (ProducerRecord<byte[], byte[]> record : records) {
            Consumer<@Nullable Throwable> landed = flight.board(Position.START);
            var _ = producer.send(record, (_, failure) -> landed.accept(failure));
        }
        assertThat(flight.outcome()).isEqualTo(new Outcome.Delivered());
    }

    /** What is left over from before is not cleaned up in the time that is taken. */
    private static double rate(int count, Runnable work) {
        System.gc();
        long start = System.nanoTime();
        work.run();
        return count / ((System.nanoTime() - start) / 1e9);
    }
}
