package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.deltastreams.change.Relayed;
import io.deltastreams.log.LogSettings;
import io.deltastreams.log.LogSettings.Durability;
import io.deltastreams.log.LogSettings.OverBudget;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Problem;
import io.deltastreams.sink.Deltas;
import io.deltastreams.sink.Outcome;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.Intake;
import io.deltastreams.source.Inventory;
import io.deltastreams.source.Resume;
import io.smallrye.mutiny.Uni;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DefinitionReaderTest {

    private static final DefinitionReader READER = new DefinitionReader(
            Map.of("postgresql", settings -> {
                settings.text("url");
                return new NoSource();
            }),
            Map.of("kafka", (pipeline, stream, settings) -> {
                settings.text("topic", stream.text());
                return new NoSink();
            }),
            Map.of("kafka", settings -> new NoRelay(settings.text("topic"))),
            Map.of());

    private static final String STREAM = "streams: { s: { from: public.t, to: { feed: {} } } }";

    private static final String SOURCE = "source: { postgresql: { url: x } }\n";

    /** Captures nothing. */
    private static final class NoSource implements ChangeSource {
        @Override
        public Inventory inspect() {
            return new Inventory(List.of(), List.of());
        }

        @Override
        public void run(Resume resume, Intake intake) {}

        @Override
        public void close() {}
    }

    private record NoRelay(String topic) implements Relay {
        @Override
        public io.deltastreams.change.Position open() {
            return io.deltastreams.change.Position.START;
        }

        @Override
        public void put(Relayed relayed) {}

        @Override
        public void close() {}
    }

    /** Takes everything. */
    private static final class NoSink implements Sink {
        @Override
        public Uni<Optional<io.deltastreams.change.Position>> cursor() {
            return Uni.createFrom().item(Optional.empty());
        }

        @Override
        public Uni<Outcome> write(Deltas batch) {
            return Uni.createFrom().item(new Outcome.Delivered());
        }

        @Override
        public Uni<Outcome> replay(io.deltastreams.change.Delta delta) {
            return Uni.createFrom().item(new Outcome.Delivered());
        }

        @Override
        public Uni<Void> close() {
            return Uni.createFrom().voidItem();
        }
    }

    @Test
    void a_kind_that_is_read_in_several_ways_has_an_engine() {
        ChangeSource.Factory standard = settings -> new NoSource();
        ChangeSource.Factory other = settings -> new NoSource();
        DefinitionReader reader = new DefinitionReader(
                Map.of("postgresql", standard, "postgresql/direct", standard, "postgresql/debezium", other),
                Map.of(),
                Map.of(),
                Map.of());

        assertThat(reader.read("f.yaml", "source: { postgresql: { engine: debezium } }\n" + STREAM, _ -> null)
                        .source()
                        .factory())
                .isSameAs(other);
        assertThat(reader.read("f.yaml", "source: { postgresql: { } }\n" + STREAM, _ -> null)
                        .source()
                        .factory())
                .isSameAs(standard);
        assertThat(catchThrowableOfType(
                        InvalidSettings.class,
                        () -> reader.read("f.yaml", "source: { postgresql: { engine: turbo } }\n" + STREAM, _ -> null)))
                .hasMessageContaining("'turbo'")
                .hasMessageContaining("debezium, direct");
        assertThat(catchThrowableOfType(
                        InvalidSettings.class,
                        () -> reader.read("f.yaml", "source: { mysql: { } }\n" + STREAM, _ -> null)))
                .hasMessageContaining("postgresql")
                .hasMessageNotContaining("postgresql/");
    }

    private static PipelineDefinition read(String yaml) {
        return READER.read("f.yaml", yaml, _ -> null);
    }

    private static List<String> problems(String yaml) {
        return catchThrowableOfType(InvalidSettings.class, () -> read(yaml)).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    @Test
    void a_full_definition_is_read() {
        PipelineDefinition definition = read(SOURCE + """
                name: shop
                log:
                  path: data/x
                  durability: ephemeral
                  segment_size: 1MB
                  retention: { age: 1d, size: 1GB }
                  budget: 2GB
                  over_budget: cut
                streams:
                  orders:
                    from: public.orders
                    to: { feed: {}, kafka: { topic: t, required: true } }
                  silent:
                    from: public.orders
                    to: { kafka: {} }
                """);
        assertThat(definition.name()).isEqualTo("shop");
        assertThat(definition.source().kind()).isEqualTo("postgresql");
        assertThat(definition.log().path()).isEqualTo(Path.of("data/x"));
        assertThat(definition.log().durability()).isEqualTo(Durability.EPHEMERAL);
        assertThat(definition.log().segmentSize()).isEqualTo(1 << 20);
        assertThat(definition.log().retentionAge()).isEqualTo(Duration.ofDays(1));
        assertThat(definition.log().retentionSize()).isEqualTo(1L << 30);
        assertThat(definition.log().budget()).isEqualTo(2L << 30);
        assertThat(definition.log().overBudget()).isEqualTo(OverBudget.CUT);
        assertThat(definition.streams()).hasSize(2);
        assertThat(definition.streams().getFirst().feed()).isTrue();
        assertThat(definition.streams().getFirst().outputs().getFirst().required())
                .isTrue();
        assertThat(definition.streams().getLast().feed()).isFalse();
    }

    @Test
    void what_is_left_out_has_safe_defaults() {
        PipelineDefinition definition = read(SOURCE + "streams: { orders: { from: public.orders } }");
        assertThat(definition.name()).isEqualTo("delta-streams");
        assertThat(definition.log().path()).isEqualTo(Path.of("data/log"));
        assertThat(definition.log().durability()).isEqualTo(Durability.FSYNC);
        assertThat(definition.log().retentionAge()).isEqualTo(Duration.ofDays(7));
        assertThat(definition.log().retentionSize()).isEqualTo(20L << 30);
        assertThat(definition.log().budget()).isEqualTo(24L << 30);
        assertThat(definition.log().overBudget()).isEqualTo(OverBudget.WAIT);
        assertThat(definition.streams().getFirst().feed()).isTrue();
        assertThat(definition.streams().getFirst().outputs()).isEmpty();
    }

    @Test
    void an_unknown_kind_names_the_known_ones() {
        assertThat(problems("source: { postgres: { url: x } }\nstreams: { a: { from: b.c } }"))
                .containsExactly(
                        "f.yaml:1:21: source.postgres: unknown kind of source 'postgres'; did you mean 'postgresql'?"
                                + " known: postgresql");
        assertThat(problems(SOURCE + "streams: { a: { from: b.c, to: { kafak: { topic: x } } } }"))
                .containsExactly(
                        "f.yaml:2:41: streams.a.to.kafak: unknown kind of output 'kafak'; did you mean 'kafka'? known: kafka"
                                + " and feed");
    }

    @Test
    void who_relays_may_leave_the_streams_to_others() throws Exception {
        PipelineDefinition relays = read(SOURCE + "relay: { kafka: { topic: log } }");

        assertThat(relays.streams()).isEmpty();
        assertThat(relays.relay())
                .hasValueSatisfying(relay -> assertThat(relay.relay()).isEqualTo(new NoRelay("log")));
    }

    @Test
    void a_file_without_source_or_streams_says_what_belongs_there() {
        assertThat(problems("name: x"))
                .anyMatch(problem -> problem.contains("'source' is missing"))
                .anyMatch(problem -> problem.contains("'streams' is missing"));
        assertThat(problems("source: {}\nstreams: { a: { from: b.c } }"))
                .containsExactly(
                        "f.yaml:1:1: source: must hold exactly one kind of source, one of postgresql; it holds none");
    }

    @Test
    void a_budget_alone_bounds_the_retention_and_the_segments() {
        LogSettings log = read(SOURCE + "log: { budget: 48MB }\nstreams: { a: { from: b.c } }")
                .log();
        assertThat(log.budget()).isEqualTo(48L << 20);
        assertThat(log.retentionSize()).isEqualTo(40L << 20);
        assertThat(log.segmentSize()).isEqualTo(6L << 20);
    }

    @Test
    void a_budget_that_cannot_hold_what_stands_beside_it_is_told_with_what_would_be_right() {
        assertThat(problems(
                        SOURCE + "log: { budget: 1GB, retention: { size: 1536MB } }\nstreams: { a: { from: b.c } }"))
                .containsExactly(
                        "f.yaml:2:16: log.budget: 1GB cannot hold the retention's size of 1536MB; give it 1536MB"
                                + " at least, or them less");
        assertThat(problems(SOURCE + "log: { budget: 6KB }\nstreams: { a: { from: b.c } }"))
                .containsExactly(
                        "f.yaml:2:16: log.budget: 6KB cannot hold two segments of 4KB; give it 8KB at least, or"
                                + " them less");
    }

    @Test
    void a_stream_needs_a_proper_name() {
        assertThat(problems(SOURCE + "streams: { 'a b': { from: b.c } }"))
                .anyMatch(problem -> problem.contains("'a b' is no name"));
    }

    @Test
    void a_state_is_kept_where_a_stream_has_a_feed_and_nobody_turned_it_off() {
        assertThat(read(SOURCE + STREAM).state())
                .hasValueSatisfying(state -> assertThat(state.path()).endsWithRaw(Path.of("data/state")));
        assertThat(read(SOURCE + "log: { path: /x/log }\n" + STREAM).state())
                .hasValueSatisfying(state -> assertThat(state.path()).isEqualTo(Path.of("/x/state")));
        String kafka = "streams: { s: { from: public.t, to: { kafka: {} } } }";
        assertThat(read(SOURCE + kafka).state()).isEmpty();
        assertThat(read(SOURCE + "state: { path: elsewhere, memory: 16MB }\n" + kafka)
                        .state())
                .hasValueSatisfying(state -> {
                    assertThat(state.path()).isEqualTo(Path.of("elsewhere"));
                    assertThat(state.memory()).isEqualTo(16 << 20);
                });
        assertThat(read(SOURCE + "state: off\n" + STREAM).state()).isEmpty();
        assertThat(problems(SOURCE + "state: on\n" + STREAM))
                .singleElement()
                .asString()
                .contains("is 'off', or a section");
        assertThat(problems(SOURCE + "state: { memory: 1MB }\n" + STREAM))
                .singleElement()
                .asString()
                .contains("state.memory")
                .contains("must be 8MB at least");
    }
}
