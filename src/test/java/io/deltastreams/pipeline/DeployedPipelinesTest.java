package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.deploy.Pipelines;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pipelines that lie in {@code deploy/}, read by those who read them in earnest. */
@QuarkusTest
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
class DeployedPipelinesTest {

    private static final Map<String, String> ENVIRONMENT = Map.of(
            "DATABASE_URL", "postgresql://app:secret@db.example/shop", "MASK_KEY", "0123456789abcdef0123456789abcdef");

    @Inject
    @Any
    Instance<ChangeSource.Factory> sources;

    @Inject
    @Any
    Instance<Sink.Factory> sinks;

    @Inject
    @Any
    Instance<Relay.Factory> relays;

    @Inject
    @Any
    Instance<DeadLetterBox.Factory> boxes;

    static Stream<Map.Entry<String, String>> pipelines() throws Exception {
        return Pipelines.all().entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("pipelines")
    void it_can_be_read(Map.Entry<String, String> pipeline) {
        DefinitionReader reader = new DefinitionReader(
                Pipeline.byIdentifier(sources),
                Pipeline.byIdentifier(sinks),
                Pipeline.byIdentifier(relays),
                Pipeline.byIdentifier(boxes));

        PipelineDefinition definition = reader.read(pipeline.getKey(), pipeline.getValue(), ENVIRONMENT::get);

        assertThat(definition.log().path()).hasToString("/data/log");
        assertThat(definition.streams()).isNotEmpty();
    }
}
