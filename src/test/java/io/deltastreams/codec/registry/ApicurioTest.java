package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.codec.RealRegistry;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemaRegistry.Language;
import io.deltastreams.codec.SchemasAway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over Confluent's REST API, with a registry that is none of ours. */
@Tag("torture")
class ApicurioTest extends RegistryContract {

    private static final String LONG_ID =
            "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}]}";
    private static final String TEXT_ID = LONG_ID.replace("long", "string");

    @Override
    protected SchemaRegistry open() {
        return Opened.of("registry: " + RealRegistry.shared().url());
    }

    @Test
    void a_schema_that_breaks_the_subjects_compatibility_is_refused_with_the_registrys_reason() {
        // given
        SchemaRegistry registry = Opened.of("registry: {url: %s, compatibility: backward}"
                .formatted(RealRegistry.shared().url()));
        registry.id(subject, Language.AVRO, LONG_ID);

        // when, then
        assertThatThrownBy(() -> registry.id(subject, Language.AVRO, TEXT_ID))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(subject)
                .hasMessageContaining("409")
                .hasMessageContaining("ncompatible")
                .hasMessageContaining(RealRegistry.shared().url());
        assertThat(registry.versions(subject)).hasSize(1);
    }

    @Test
    void a_subjects_compatibility_follows_the_settings() {
        // given
        String url = RealRegistry.shared().url();
        Opened.of("registry: {url: %s, compatibility: full-transitive}".formatted(url))
                .id(subject, Language.AVRO, LONG_ID);

        // when
        Opened.of("registry: {url: %s, compatibility: none}".formatted(url)).id(subject, Language.AVRO, TEXT_ID);

        // then
        assertThat(open().versions(subject)).hasSize(2);
    }

    @Test
    void a_registry_that_is_down_is_waited_for_and_holds_up_no_schema_that_is_known() {
        try (RealRegistry server = new RealRegistry()) {
            // given
            SchemaRegistry registry = Opened.of("registry: " + server.url());
            assertThatThrownBy(() -> registry.id(subject, Language.AVRO, LONG_ID))
                    .isInstanceOf(SchemasAway.class)
                    .hasMessageContaining(server.url())
                    .hasMessageContaining("ConnectException");
            assertThatThrownBy(() -> registry.versions(subject)).isInstanceOf(SchemasAway.class);

            // when
            server.start();
            int id = registry.id(subject, Language.AVRO, LONG_ID);
            server.stop();

            // then
            assertThat(registry.id(subject, Language.AVRO, LONG_ID)).isEqualTo(id);
            assertThatThrownBy(() -> registry.id(subject, Language.AVRO, TEXT_ID))
                    .isInstanceOf(SchemasAway.class)
                    .hasMessageContaining(server.url());
            assertThatThrownBy(() -> registry.versions(subject)).isInstanceOf(SchemasAway.class);
            server.start();
            assertThat(Opened.of("registry: " + server.url()).id(subject, Language.AVRO, LONG_ID))
                    .isEqualTo(id);
        }
    }
}
