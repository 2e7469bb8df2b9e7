package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemaRegistry.Language;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link SchemaRegistry} promises; each kind's test extends this. */
abstract class RegistryContract {

    protected final String subject = "orders_" + UUID.randomUUID() + "-value";

    /** Opens the registry anew; what it has been told before stays. */
    protected abstract SchemaRegistry open();

    /** Version n has n fields; each can be read with the next one. */
    protected static String schema(Language language, int version) {
        StringBuilder fields = new StringBuilder();
        for (int i = 1; i <= version; i++) {
            fields.append(i == 1 || language == Language.PROTOBUF ? "" : ", ")
                    .append(
                            switch (language) {
                                case AVRO ->
                                    "{\"name\": \"f%d\", \"type\": \"long\", \"default\": 0, \"doc\": \"größer\"}"
                                            .formatted(i);
                                case JSON -> "\"f%d\": {\"type\": \"integer\", \"title\": \"größer\"}".formatted(i);
                                case PROTOBUF -> "  int64 f%d = %d;\n".formatted(i, i);
                            });
        }
        return switch (language) {
            case AVRO -> "{\"type\": \"record\", \"name\": \"Order\", \"fields\": [%s]}".formatted(fields);
            case JSON ->
                "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\", \"properties\": {%s}}"
                        .formatted(fields);
            case PROTOBUF -> "syntax = \"proto3\";\n\nmessage Order {\n%s}\n".formatted(fields);
        };
    }

    @Test
    void a_subject_that_nobody_knows_has_no_versions() {
        assertThat(open().versions(subject)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void a_schema_has_one_id_whoever_asks(Language language) {
        // given
        int id = open().id(subject, language, schema(language, 1));

        // when
        int again = open().id(subject, language, schema(language, 1));

        // then
        assertThat(id).isPositive();
        assertThat(again).isEqualTo(id);
        assertThat(open().versions(subject)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void versions_are_told_as_they_were_written_the_oldest_first(Language language) {
        // given
        SchemaRegistry registry = open();
        Set<Integer> ids = new HashSet<>();

        // when
        for (int version = 1; version <= 12; version++) {
            ids.add(registry.id(subject, language, schema(language, version)));
        }

        // then
        assertThat(ids).hasSize(12);
        List<String> versions = registry.versions(subject);
        assertThat(versions).hasSize(12);
        for (int version = 1; version <= 12; version++) {
            assertThat(meaning(language, versions.get(version - 1)))
                    .isEqualTo(meaning(language, schema(language, version)));
        }
    }

    /** Registries may write JSON in their own way. */
    private static Object meaning(Language language, String schema) {
        try {
            return language == Language.PROTOBUF
                    ? schema.replaceAll("\\s+", " ").strip()
                    : new JsonMapper().readTree(schema);
        } catch (JsonProcessingException e) {
            throw new AssertionError(schema, e);
        }
    }

    @Test
    void an_older_version_has_the_id_that_it_had() {
        // given
        int first = open().id(subject, Language.AVRO, schema(Language.AVRO, 1));
        int second = open().id(subject, Language.AVRO, schema(Language.AVRO, 2));

        // when
        int again = open().id(subject, Language.AVRO, schema(Language.AVRO, 1));

        // then
        assertThat(again).isEqualTo(first).isNotEqualTo(second);
        assertThat(open().versions(subject)).hasSize(2);
    }

    @Test
    void each_subject_has_its_own_versions() {
        // given
        SchemaRegistry registry = open();
        String other = subject + "-other";

        // when
        registry.id(subject, Language.AVRO, schema(Language.AVRO, 1));
        registry.id(other, Language.AVRO, schema(Language.AVRO, 1));
        registry.id(other, Language.AVRO, schema(Language.AVRO, 2));

        // then
        assertThat(registry.versions(subject)).hasSize(1);
        assertThat(registry.versions(other)).hasSize(2);
    }

    @Test
    void a_subject_may_have_any_letters() {
        // given
        SchemaRegistry registry = open();
        String odd = "../100% größer/" + subject + "?a=b&c d#e+f";

        // when
        int id = registry.id(odd, Language.JSON, schema(Language.JSON, 1));

        // then
        assertThat(open().id(odd, Language.JSON, schema(Language.JSON, 1))).isEqualTo(id);
        assertThat(registry.versions(odd)).hasSize(1);
        assertThat(registry.versions(odd.replace("/", "_"))).isEmpty();
    }

    @Test
    void what_is_no_schema_is_refused_with_a_reason() {
        assertThatThrownBy(() -> open().id(subject, Language.AVRO, "{nonsense"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(subject);
        assertThat(open().versions(subject)).isEmpty();
    }

    @Test
    void a_large_schema_is_kept_whole() {
        // given
        SchemaRegistry registry = open();
        String large = schema(Language.AVRO, 1500);

        // when
        registry.id(subject, Language.AVRO, large);

        // then
        assertThat(registry.versions(subject))
                .singleElement()
                .satisfies(version ->
                        assertThat(meaning(Language.AVRO, version)).isEqualTo(meaning(Language.AVRO, large)));
    }

    @Test
    void many_at_once_get_the_same_ids() throws Exception {
        // given
        SchemaRegistry shared = open();
        shared.id(subject, Language.AVRO, schema(Language.AVRO, 1));
        List<Callable<List<Integer>>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            SchemaRegistry registry = i % 2 == 0 ? shared : open();
            all.add(() -> {
                List<Integer> ids = new ArrayList<>();
                for (int version = 1; version <= 5; version++) {
                    ids.add(registry.id(subject, Language.AVRO, schema(Language.AVRO, version)));
                }
                return ids;
            });
        }

        // when
        Set<List<Integer>> answers = new HashSet<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<List<Integer>> answer : threads.invokeAll(all)) {
                answers.add(answer.get());
            }
        }

        // then
        assertThat(answers).hasSize(1);
        assertThat(answers.iterator().next()).doesNotHaveDuplicates().hasSize(5);
        assertThat(new HashSet<>(open().versions(subject))).hasSize(5);
    }
}
