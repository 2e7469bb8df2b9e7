package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.BeforeImage;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Relayed;
import io.deltastreams.change.StreamId;
import io.deltastreams.codec.Codec;
import io.deltastreams.log.Batches;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.Orders;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Retrying;
import io.deltastreams.sink.Sink;
import io.deltastreams.sink.TargetAway;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import io.quarkus.kafka.client.runtime.KafkaRuntimeConfigProducer;
import io.quarkus.runtime.ApplicationConfig;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Links of every kind to a broker that lets nobody in unasked. The service's own is told of the channel alone. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
@QuarkusTestResource(value = SecureBroker.class, restrictToAnnotatedClass = true)
class SecureLinkTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final AtomicInteger COUNTER = new AtomicInteger();

    @Inject
    @Identifier("kafka") Sink.Factory sinks;

    @Inject
    @Identifier("kafka") Relay.Factory relays;

    @Inject
    @Identifier("kafka") ChangeSource.Factory sources;

    @Inject
    @Any
    Instance<Codec.Factory> formats;

    @Inject
    KafkaClientService clients;

    @Inject
    ApplicationConfig application;

    SecureBroker broker;

    private final StreamId stream = new StreamId("secured_" + COUNTER.incrementAndGet());
    private final Orders orders = new Orders(stream, true);
    private final List<Sink> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(sink -> sink.close().await().atMost(LONG));
    }

    static List<String> examples() {
        return SecurityExamples.titlesOfEnvironments();
    }

    /** A sink of a service that has this environment. */
    private Sink sink(Map<String, String> environment) {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(environment, 300))
                .addDefaultInterceptors()
                .build();
        Link link = new Link(new KafkaRuntimeConfigProducer().createKafkaRuntimeConfig(config, application), config);
        Map<String, Object> channel = new HashMap<>(clients.getProducer("kafka").configuration());
        channel.keySet().removeIf(setting -> setting.startsWith("ssl.") || setting.startsWith("sasl."));
        Producers producers = new Producers(
                () -> {
                    throw new AssertionError("exactly once has producers of its own");
                },
                () -> link.customize("kafka", config, new HashMap<>(channel)));
        return created(new KafkaSinks(new Broker(link.settings()), producers, formats), "exactly-once");
    }

    private Sink created(Sink.Factory factory, String delivery) {
        Sink sink = factory.create("shop", stream, Settings.parse("test", "delivery: " + delivery, _ -> null));
        open.add(sink);
        return sink;
    }

    private Map<String, String> environment(String title) {
        Map<String, String> environment = new HashMap<>(SecurityExamples.environment(title, broker));
        environment.put("KAFKA_DEFAULT_API_TIMEOUT_MS", "3000");
        environment.put("KAFKA_REQUEST_TIMEOUT_MS", "2000");
        return environment;
    }

    private void assertDelivers(Sink sink, List<Delta> deltas) {
        assertThat(sink.cursor().await().atMost(LONG)).isEmpty();
        assertThat(sink.write(Orders.batch(deltas)).await().atMost(LONG)).isEqualTo(new Outcome.Delivered());
        assertThat(arrived()).isEqualTo(positions(deltas));
    }

    private List<Position> arrived() {
        return TopicReader.read(broker.openServers(), stream.text()).stream()
                .map(record -> Position.parse(
                        new String(record.headers().lastHeader("ds-position").value(), UTF_8)))
                .sorted()
                .toList();
    }

    private static List<Position> positions(List<Delta> deltas) {
        return deltas.stream().map(Delta::position).toList();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void an_output_delivers_exactly_once_by_each_example(String title) {
        assertDelivers(sink(environment(title)), orders.updates(500, 7));
    }

    @ParameterizedTest
    @CsvSource({"exactly-once", "at-least-once"})
    void what_is_said_of_the_channel_holds_for_outputs(String delivery) {
        assertDelivers(created(sinks, delivery), orders.updates(500, 7));
    }

    @Test
    void what_is_said_of_the_channel_holds_for_the_relay_and_the_source_that_reads_it() throws Exception {
        // given
        Settings topic = Settings.parse("test", "topic: " + stream.text(), _ -> null);
        RecordingIntake intake = new RecordingIntake();

        // when
        try (Relay relay = relays.create(topic)) {
            assertThat(relay.open()).isEqualTo(Position.START);
            relay.put(new Relayed.Tables(List.of(new Relayed.Table(Batches.ORDER, BeforeImage.KEY))));
            relay.put(new Relayed.History(Position.START, List.of(Batches.orders(10, 3)), Coverage.WHOLE, Set.of()));
            try (ChangeSource source = sources.create(topic)) {
                assertThat(source.inspect().tables()).hasSize(1);
                try (RunningSource _ = RunningSource.start(source, intake)) {
                    intake.awaitLog(log -> log.size() == 1);
                }
            }
        }

        // then
        assertThat(intake.log()).containsExactly(Batches.orders(10, 3));
    }

    @ParameterizedTest
    @CsvSource({
        "SASL SCRAM, KAFKA_SASL_JAAS_CONFIG, scram-secret, wrong, invalid credentials with SASL mechanism SCRAM-SHA-512",
        "SASL PLAIN, KAFKA_SASL_JAAS_CONFIG, plain-$ecret, wrong, Invalid username or password",
        "SASL SCRAM, KAFKA_SASL_JAAS_CONFIG, ;, '', not terminated",
        "SASL SCRAM, KAFKA_SASL_MECHANISM, SCRAM-SHA-512, SCRAM-SHA-256, 'enabled mechanisms are'",
        "SASL OAUTHBEARER, KAFKA_SASL_OAUTHBEARER_CLIENT_CREDENTIALS_CLIENT_SECRET, oauth-secret, wrong, invalid_client",
        "SASL OAUTHBEARER, KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, /token, /other, cannot be accessed due to restrictions",
        "TLS, KAFKA_SSL_TRUSTSTORE_LOCATION, ca.pem, stranger.pem, unable to find valid certification path",
        "TLS, KAFKA_SSL_TRUSTSTORE_LOCATION, ca.pem, none.pem, none.pem",
        "TLS, KAFKA_BOOTSTRAP_SERVERS, localhost, 127.0.0.1, No subject alternative names matching IP address 127.0.0.1",
        "TLS, KAFKA_SECURITY_PROTOCOL, SSL, PLAINTEXT, 'does it speak PLAINTEXT there'",
        "Mutual TLS, KAFKA_SSL_KEYSTORE_LOCATION, client.pem, ca.pem, No matching PRIVATE KEY",
    })
    void an_output_that_is_not_let_in_says_why(
            String example, String variable, String right, String wrong, String why) {
        Map<String, String> environment = environment(example);
        environment.computeIfPresent(variable, (_, value) -> value.replace(right, wrong));

        assertThatExceptionOfType(TargetAway.class)
                .isThrownBy(() -> sink(environment).cursor().await().atMost(LONG))
                .withMessageStartingWith("the broker at " + environment.get("KAFKA_BOOTSTRAP_SERVERS") + ": ")
                .withMessageContaining(why)
                .withMessageNotContainingAny("scram-secret", "plain-$ecret", "oauth-secret");
    }

    @Test
    void a_client_without_a_certificate_is_told_so() {
        Map<String, String> environment = environment("Mutual TLS");
        environment.remove("KAFKA_SSL_KEYSTORE_LOCATION");
        environment.remove("KAFKA_SSL_KEYSTORE_TYPE");

        assertThatExceptionOfType(TargetAway.class)
                .isThrownBy(() -> sink(environment).cursor().await().atMost(LONG))
                .withMessageContaining("certificate");
    }

    @Test
    void an_output_whose_password_changes_waits_and_goes_on_once_it_has_that() throws Exception {
        // given
        Map<String, String> environment = environment("SASL SCRAM");
        environment.computeIfPresent(
                "KAFKA_SASL_JAAS_CONFIG",
                (_, value) -> value.replace("username=\"delta-streams\"", "username=\"late\""));
        BlockingQueue<String> doubts = new LinkedBlockingQueue<>();
        Sink sink =
                new Retrying(sink(environment), Duration.ofMillis(100), Duration.ofMillis(500), new Retrying.Watch() {
                    @Override
                    public void inDoubt(Outcome.Unknown why) {
                        doubts.add(why.reason());
                    }

                    @Override
                    public void answered() {}
                });
        List<Delta> deltas = new ArrayList<>(orders.updates(100, 7));

        // when
        UniAssertSubscriber<Optional<Position>> cursor =
                sink.cursor().subscribe().withSubscriber(UniAssertSubscriber.create());
        assertThat(doubts.poll(30, TimeUnit.SECONDS)).contains("invalid credentials with SASL mechanism SCRAM-SHA-512");
        broker.password("late", "scram-secret");

        // then
        assertThat(cursor.awaitItem(LONG).getItem()).isEmpty();
        assertThat(sink.write(Orders.batch(deltas)).await().atMost(LONG)).isEqualTo(new Outcome.Delivered());

        // when
        broker.password("late", "another");
        doubts.clear();
        while (doubts.isEmpty()) {
            Delta next = orders.insert(1, "x");
            deltas.add(next);
            UniAssertSubscriber<Outcome> write =
                    sink.write(Orders.batch(next)).subscribe().withSubscriber(UniAssertSubscriber.create());
            await().atMost(LONG).until(() -> write.getItem() != null || !doubts.isEmpty());
            if (!doubts.isEmpty()) {
                broker.password("late", "scram-secret");
                // What the client has under way may come to its delivery.timeout.ms of 30 s before it is sent anew.
                assertThat(write.awaitItem(LONG.multipliedBy(3)).getItem()).isEqualTo(new Outcome.Delivered());
            }
        }

        // then
        assertThat(arrived()).isEqualTo(positions(deltas));
    }
}
