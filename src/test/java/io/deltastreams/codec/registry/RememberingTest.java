package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemasAway;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RememberingTest {

    private static final String SCHEMA = "x".repeat(100);

    private final Counted counted = new Counted();

    private static final class Counted implements SchemaRegistry {

        private final List<String> asked = new ArrayList<>();
        private boolean isAway;

        @Override
        public int id(String subject, Language language, String schema) {
            asked.add(subject + " " + language);
            if (isAway) {
                throw new SchemasAway("gone");
            }
            return asked.size();
        }

        @Override
        public List<String> versions(String subject) {
            asked.add(subject);
            return List.of(subject);
        }
    }

    @Test
    void an_id_is_known_by_subject_language_and_schema() {
        // given
        SchemaRegistry registry = new Remembering(counted);

        // when
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ids.add(registry.id("a", SchemaRegistry.Language.AVRO, SCHEMA));
            ids.add(registry.id("b", SchemaRegistry.Language.AVRO, SCHEMA));
            ids.add(registry.id("a", SchemaRegistry.Language.JSON, SCHEMA));
            ids.add(registry.id("a", SchemaRegistry.Language.AVRO, SCHEMA + "x"));
        }

        // then
        assertThat(ids).containsExactly(1, 2, 3, 4, 1, 2, 3, 4);
        assertThat(registry.versions("a")).containsExactly("a");
        assertThat(registry.versions("a")).containsExactly("a");
        assertThat(counted.asked).hasSize(6);
    }

    @Test
    void what_was_not_answered_is_asked_again() {
        // given
        SchemaRegistry registry = new Remembering(counted);
        counted.isAway = true;
        assertThatThrownBy(() -> registry.id("a", SchemaRegistry.Language.AVRO, SCHEMA))
                .isInstanceOf(SchemasAway.class);

        // when
        counted.isAway = false;

        // then
        assertThat(registry.id("a", SchemaRegistry.Language.AVRO, SCHEMA)).isEqualTo(2);
    }

    @Test
    void only_the_schemas_asked_for_last_are_kept() {
        // given: room for three
        SchemaRegistry registry = new Remembering(counted, 1000);
        for (String subject : new String[] {"a", "b", "c", "a", "d"}) {
            registry.id(subject, SchemaRegistry.Language.AVRO, SCHEMA);
        }
        counted.isAway = true;

        // when, then
        for (String subject : new String[] {"a", "c", "d"}) {
            assertThat(registry.id(subject, SchemaRegistry.Language.AVRO, SCHEMA))
                    .isPositive();
        }
        assertThatThrownBy(() -> registry.id("b", SchemaRegistry.Language.AVRO, SCHEMA))
                .isInstanceOf(SchemasAway.class);
    }
}
