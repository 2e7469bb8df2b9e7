package io.deltastreams.codec.cloudevents;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.cloudevents.CloudEvent;
import io.cloudevents.SpecVersion;
import io.cloudevents.kafka.CloudEventDeserializer;
import io.deltastreams.change.Delta;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.CodecContract;
import io.deltastreams.codec.RandomDeltas;
import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import java.net.URI;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read back by the SDK of CloudEvents, which is none of ours. */
class CloudEventsTest {

    /** Writes the delta's identity, so that what stands in the data can be told. */
    private static final Codec DATA = new Codec() {
        @Override
        public byte @Nullable [] key(Delta delta) {
            return null;
        }

        @Override
        public byte[] value(Delta delta) {
            return "{\"at\":\"%s ü\"}".formatted(delta.position()).getBytes(UTF_8);
        }
    };

    @Nested
    class InBinaryMode extends CodecContract {

        @Override
        protected Codec codec() {
            return CloudEventsTest.codec("mode: binary", new JsonCodecs().json());
        }
    }

    @Nested
    class InStructuredMode extends CodecContract {

        @Override
        protected Codec codec() {
            return CloudEventsTest.codec("mode: structured", new JsonCodecs().json());
        }
    }

    private static Codec codec(String yaml) {
        return codec(yaml, DATA);
    }

    private static Codec codec(String yaml, Codec data) {
        Settings settings = Settings.parse("f.yaml", yaml, _ -> null);
        Codec codec = new CloudEventsFormat(data, data).create(settings).apply("topic");
        settings.finish();
        settings.check();
        return codec;
    }

    private static CloudEvent read(Codec codec, Delta delta) {
        RecordHeaders headers = new RecordHeaders();
        codec.headers(delta).forEach(headers::add);
        return new CloudEventDeserializer().deserialize("topic", headers, codec.value(delta));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mode: binary", "mode: structured"})
    void the_sdk_reads_each_delta(String mode) {
        long seed = new Random().nextLong();
        RandomDeltas random = new RandomDeltas(seed);
        Codec codec = codec(mode);
        for (int i = 0; i < 200; i++) {
            Delta delta = random.delta(random.schema());
            CloudEvent event = read(codec, delta);

            assertThat(event.getSpecVersion()).as("seed " + seed).isEqualTo(SpecVersion.V1);
            assertThat(event.getId()).isEqualTo(delta.schema().relation().text() + "/" + delta.position());
            assertThat(event.getSource())
                    .isEqualTo(URI.create("/feeds/" + delta.schema().relation().text()));
            assertThat(event.getType())
                    .isEqualTo("io.deltastreams."
                            + delta.change().getClass().getSimpleName().toLowerCase(Locale.ROOT));
            assertThat(event.getSubject()).isEqualTo(delta.source().text());
            OffsetDateTime time = event.getTime();
            int year = delta.committedAt().atOffset(ZoneOffset.UTC).getYear();
            assertThat(time == null ? null : time.toInstant())
                    .isEqualTo(year < 0 || year > 9999 ? null : delta.committedAt());
            assertThat(event.getDataContentType()).isEqualTo("application/json");
            assertThat(new String(Objects.requireNonNull(event.getData()).toBytes(), UTF_8))
                    .isEqualTo(new String(DATA.value(delta), UTF_8));
        }
    }

    @Test
    void source_and_type_are_as_declared() {
        RandomDeltas random = new RandomDeltas(1);
        Delta delta = random.delta(random.schema());
        CloudEvent event = read(codec("source: https://shop.example/db\ntype_prefix: com.example.shop"), delta);

        assertThat(event.getSource()).isEqualTo(URI.create("https://shop.example/db"));
        assertThat(event.getType()).startsWith("com.example.shop.");
    }

    @Test
    void wrong_settings_are_told() {
        assertThat(problem("mode: text")).contains("binary, structured");
        assertThat(problem("source: 'a b'")).contains("'a b' is no URI", "https://example.com/shop");
        assertThat(problem("source: ''")).contains("'' is no URI");
        assertThat(problem("source: /shöp")).contains("'/shöp' is no URI");
        assertThat(problem("registry: schemas")).contains("unknown key");
        assertThat(problem("type_prefix: 'a b'")).contains("com.example.shop");
        assertThat(problem("bigint: hex")).contains("number, string");
    }

    private static String problem(String yaml) {
        try {
            codec(yaml);
            return "";
        } catch (InvalidSettings e) {
            return String.valueOf(e.getMessage());
        }
    }
}
