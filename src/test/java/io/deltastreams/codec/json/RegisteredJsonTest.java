package io.deltastreams.codec.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import io.deltastreams.codec.CodecContract;
import io.deltastreams.codec.RandomDeltas;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemasAway;
import io.deltastreams.settings.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Its schemas are held against what it writes by a validator that is none of ours. */
class RegisteredJsonTest extends CodecContract {

    private static final ObjectMapper READER = new ObjectMapper();
    private static final JsonSchemaFactory VALIDATORS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7);

    /** Some check what {@code format} says, others do not: the strict ones must be content, too. */
    private static final SchemaValidatorsConfig STRICT =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    private static final Schema MOODS = new Schema(
            new StreamId("moods"),
            2,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("\"day\"", Type.Simple.DATE, true),
                    new Column("mood", new Type.Enumeration("mood", List.of("sad", "ok")), true),
                    new Column("tags", new Type.Array(Type.Simple.TEXT), false)),
            List.of(0));

    private final InMemory registry = new InMemory();
    private final Codec codec = codec("registry: here");

    @Override
    protected Codec codec() {
        return codec;
    }

    /** Ids are places in what was asked for, from 1. */
    private static final class InMemory implements SchemaRegistry {

        private final Map<String, Integer> ids = new HashMap<>();
        private final List<String> asked = new ArrayList<>();
        private boolean away;

        @Override
        public synchronized int id(String subject, Language language, String schema) {
            assertThat(language).isEqualTo(Language.JSON);
            if (away) {
                throw new SchemasAway("out for lunch");
            }
            asked.add(subject);
            return ids.computeIfAbsent(schema, _ -> ids.size() + 1);
        }

        @Override
        public List<String> versions(String subject) {
            return List.of();
        }

        synchronized String schema(int id) {
            return ids.entrySet().stream()
                    .filter(entry -> entry.getValue() == id)
                    .findFirst()
                    .orElseThrow()
                    .getKey();
        }
    }

    private Codec codec(String yaml) {
        Settings settings = Settings.parse("test", yaml, _ -> null);
        Codec made = new JsonFormat(theirs -> {
                    assertThat(theirs.text("registry")).isEqualTo("here");
                    return registry;
                })
                .create(settings)
                .apply("shop.moods");
        settings.finish();
        settings.check();
        return made;
    }

    private JsonSchema schema(byte[] record) {
        return VALIDATORS.getSchema(registry.schema(id(record)), STRICT);
    }

    private static int id(byte[] record) {
        assertThat(record[0]).isZero();
        return ByteBuffer.wrap(record).getInt(1);
    }

    private static String json(byte[] record) {
        return new String(record, 5, record.length - 5, UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"number", "string"})
    void the_registered_schemas_are_true_of_whatever_is_written(String bigint) throws IOException {
        // given
        long seed = new Random().nextLong();
        System.out.println("RegisteredJsonTest seed " + seed);
        RandomDeltas random = new RandomDeltas(seed);
        Codec registered = codec("registry: here\nbigint: " + bigint);
        Codec plain = codec("bigint: " + bigint);

        for (int i = 0; i < 60; i++) {
            Schema shape = random.schema();
            for (int j = 0; j < 10; j++) {
                // when
                Delta delta = random.delta(shape);
                byte[] value = registered.value(delta);
                byte @Nullable [] key = registered.key(delta);

                // then
                String where = "seed %d, delta %d of %d".formatted(seed, j, i);
                assertThat(json(value)).as(where).isEqualTo(new String(plain.value(delta), UTF_8));
                assertThat(schema(value).validate(READER.readTree(json(value))))
                        .as(where)
                        .isEmpty();
                if (key == null) {
                    assertThat(plain.key(delta)).isNull();
                } else {
                    assertThat(json(key)).as(where).isEqualTo(new String(plainKey(plain, delta), UTF_8));
                    assertThat(schema(key).validate(READER.readTree(json(key))))
                            .as(where)
                            .isEmpty();
                }
            }
        }
    }

    private static byte[] plainKey(Codec plain, Delta delta) {
        return Objects.requireNonNull(plain.key(delta));
    }

    @Test
    void the_schemas_name_each_column_with_its_form() {
        Delta insert = insert(MOODS);

        assertThat(registry.schema(id(plainKey(codec, insert)))).isEqualTo("""
                {"$schema":"http://json-schema.org/draft-07/schema#","title":"moods","type":"object",\
                "properties":{"id":{"type":"integer"}},"required":["id"],"additionalProperties":false}""");
        assertThat(registry.schema(id(codec.value(insert)))).endsWith("""
                "definitions":{"row":{"type":"object","properties":{"id":{"type":"integer"},\
                "\\"day\\"":{"type":["string","null"],"anyOf":[{"format":"date"},\
                {"pattern":"^(-?infinity|(0000|[+-][0-9]{4,})-[0-9]{2}-[0-9]{2})$"}]},\
                "mood":{"type":["string","null"],"enum":["sad","ok",null]},\
                "tags":{"$ref":"#/definitions/array0"}},"additionalProperties":false},\
                "array0":{"type":"array","items":{"anyOf":[{"type":["string","null"]},{"$ref":"#/definitions/array0"}]}}}}""");
    }

    @Test
    void they_are_false_of_what_no_delta_of_the_schema_is() throws IOException {
        assertFalse("/after", "id", "\"1\"");
        assertFalse("/after", "id", "null");
        assertFalse("/after", "\"day\"", "\"22.11.2026\"");
        assertFalse("/after", "\"day\"", "\"2026-11-32\"");
        assertFalse("/after", "mood", "\"happy\"");
        assertFalse("/after", "tags", "null");
        assertFalse("/after", "tags", "[\"a\",[1]]");
        assertFalse("/after", "colour", "\"red\"");
        assertFalse("/key", "id", "1.5");
        assertFalse("", "op", "\"upsert\"");
        assertFalse("", "position", "\"1\"");
        assertFalse("", "committed_at", "\"2026-11-22 10:15:30\"");
        assertFalse("", "tx", "{}");
        assertFalse("", "more", "1");
    }

    private void assertFalse(String object, String property, String json) throws IOException {
        byte[] record = codec.value(insert(MOODS));
        JsonNode delta = READER.readTree(json(record));
        assertThat(schema(record).validate(delta)).isEmpty();

        ((ObjectNode) delta.at(object)).set(property, READER.readTree(json));

        assertThat(schema(record).validate(delta)).as(delta.toString()).isNotEmpty();
    }

    @Test
    void an_id_is_asked_for_once_per_schema_and_by_the_topics_subjects() {
        for (int i = 0; i < 10; i++) {
            codec.value(insert(MOODS));
            codec.key(insert(MOODS));
        }

        assertThat(registry.asked).containsExactly("shop.moods-key", "shop.moods-value");
    }

    @Test
    void a_stream_without_key_has_no_schema_of_keys() {
        Schema keyless = new Schema(MOODS.relation(), 1, MOODS.columns(), List.of());

        assertThat(codec.key(insert(keyless))).isNull();
        codec.value(insert(keyless));

        assertThat(registry.asked).containsExactly("shop.moods-value");
        assertThat(registry.schema(1)).doesNotContain("\"key\"");
    }

    @Test
    void another_version_of_the_same_columns_has_the_same_schema() {
        Schema next = new Schema(MOODS.relation(), 3, MOODS.columns(), MOODS.key());

        assertThat(id(codec.value(insert(next)))).isEqualTo(id(codec.value(insert(MOODS))));
    }

    @Test
    void a_registry_that_is_away_is_asked_again() {
        registry.away = true;
        assertThatThrownBy(() -> codec.value(insert(MOODS))).isInstanceOf(SchemasAway.class);

        registry.away = false;
        assertThat(json(codec.value(insert(MOODS)))).contains("\"op\":\"insert\"");
    }

    private static Delta insert(Schema schema) {
        Row row = Row.of(1L, null, "ok", List.of("a", List.of("b")));
        return new Delta(
                new Change.Insert(new Position(1, 1, 0), schema, row),
                new TableId("public", "moods"),
                "7",
                Instant.EPOCH,
                false,
                true);
    }
}
