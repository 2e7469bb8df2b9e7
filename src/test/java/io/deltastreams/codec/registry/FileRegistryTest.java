package io.deltastreams.codec.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.deltastreams.Jvm;
import io.deltastreams.codec.SchemaRegistry;
import io.deltastreams.codec.SchemaRegistry.Language;
import io.deltastreams.codec.SchemasAway;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRegistryTest extends RegistryContract {

    private static final String FIRST = schema(Language.AVRO, 1);
    private static final String SECOND = schema(Language.AVRO, 2);

    /** {@code printf 'AVRO\n"string"' | sha256sum}, the first 31 bits. */
    private static final int STRING_ID = 1_737_162_811;

    @TempDir
    Path temporary;

    private Path folder() {
        return temporary.resolve("of/many/schemas");
    }

    @Override
    protected SchemaRegistry open() {
        return Opened.of("registry: " + folder());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder())) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private Path file(String name) throws IOException {
        return Files.createDirectories(folder().resolve(subject)).resolve(name);
    }

    @Test
    void the_id_is_the_same_in_every_folder() throws IOException {
        // when
        int id = open().id("orders-value", Language.AVRO, "\"string\"");
        int other =
                Opened.of("registry: " + temporary.resolve("other")).id("orders-value", Language.AVRO, "\"string\"");

        // then
        assertThat(id).isEqualTo(other).isEqualTo(STRING_ID);
        assertThat(files()).containsExactly(folder().resolve("orders-value", "1-" + STRING_ID + ".avsc"));
    }

    @Test
    void a_file_is_found_by_id_and_has_the_schema_alone() throws IOException {
        // given
        for (Language language : Language.values()) {
            String schema = schema(language, 3);

            // when
            int id = open().id(subject + "-" + language, language, schema);

            // then
            assertThat(files().stream().filter(file -> file.toString().contains("-" + id + ".")))
                    .singleElement()
                    .satisfies(file -> assertThat(file).hasContent(schema));
        }
    }

    @Test
    void what_a_person_has_formatted_is_the_same_schema_with_the_id_of_its_file() throws IOException {
        // given
        String formatted = new JsonMapper().readTree(FIRST).toPrettyString() + "\n";
        Files.writeString(file("7-4711.avsc"), formatted);

        // when
        int id = open().id(subject, Language.AVRO, FIRST);
        int next = open().id(subject, Language.AVRO, SECOND);

        // then
        assertThat(id).isEqualTo(4711);
        assertThat(open().versions(subject)).containsExactly(formatted, SECOND);
        assertThat(file("8-" + next + ".avsc")).exists();
    }

    @Test
    void a_protobuf_file_may_end_with_a_line() throws IOException {
        // given
        String schema = schema(Language.PROTOBUF, 1);
        Files.writeString(file("1-5.proto"), schema + "\n\n");

        // when, then
        assertThat(open().id(subject, Language.PROTOBUF, schema)).isEqualTo(5);
    }

    @Test
    void a_schema_whose_id_stands_for_another_is_refused_under_any_subject() throws IOException {
        // given
        int id = FileRegistry.fingerprint(Language.AVRO, FIRST);
        Path taken = Files.createDirectories(folder().resolve("other")).resolve("1-" + id + ".avsc");
        Files.writeString(taken, SECOND);

        // when, then
        assertThatThrownBy(() -> open().id(subject, Language.AVRO, FIRST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(taken.toString())
                .hasMessageContaining(Integer.toString(id));
        Files.writeString(file("1-6.avsc"), FIRST);
        assertThat(open().id(subject, Language.AVRO, FIRST)).isEqualTo(6);
    }

    @Test
    void files_of_others_are_left_alone() throws IOException {
        // given
        for (String name :
                new String[] {"README.md", "1.avsc", "1-.avsc", "3-99999999999.avsc", "4-2147483648.avsc", ".2-3.avsc"
                }) {
            Files.writeString(file(name), FIRST);
        }

        // when
        int id = open().id(subject, Language.AVRO, FIRST);

        // then
        assertThat(file("1-" + id + ".avsc")).hasContent(FIRST);
        assertThat(open().versions(subject)).containsExactly(FIRST);
        assertThat(files()).hasSize(7);
    }

    @Test
    void two_branches_with_the_same_version_may_be_merged() throws IOException {
        // given
        Files.writeString(file("1-20.avsc"), FIRST);
        Files.writeString(file("1-100.avsc"), SECOND);

        // when
        int first = open().id(subject, Language.AVRO, FIRST);
        int second = open().id(subject, Language.AVRO, SECOND);
        int third = open().id(subject, Language.AVRO, schema(Language.AVRO, 3));

        // then
        assertThat(List.of(first, second)).containsExactly(20, 100);
        assertThat(file("2-" + third + ".avsc")).exists();
        assertThat(open().versions(subject)).containsExactly(FIRST, SECOND, schema(Language.AVRO, 3));
    }

    @Test
    void a_folder_that_cannot_be_written_is_waited_for() throws IOException {
        // given: root may write into any folder, but nobody into a file
        Path file = Files.writeString(temporary.resolve("file"), "");
        SchemaRegistry registry = Opened.of("registry: " + file);

        // when, then
        assertThatThrownBy(() -> registry.id(subject, Language.AVRO, FIRST))
                .isInstanceOf(SchemasAway.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("must name a folder");
        Files.delete(file);
        assertThat(registry.id(subject, Language.AVRO, FIRST)).isPositive();
    }

    @Test
    void processes_at_once_leave_whole_files_alone() throws Exception {
        // given
        List<Process> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            writers.add(Jvm.of(FileRegistryTest.class, "64m", folder().toString(), subject)
                    .redirectErrorStream(true)
                    .start());
        }

        // when
        List<String> told = new ArrayList<>();
        for (Process writer : writers) {
            told.add(new String(writer.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }

        // then
        assertThat(new HashSet<>(told)).hasSize(1);
        assertThat(told.getFirst().lines()).hasSize(50);
        List<String> expected = new ArrayList<>();
        for (int version = 1; version <= 50; version++) {
            expected.add(schema(Language.AVRO, version));
        }
        assertThat(new HashSet<>(open().versions(subject))).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(files())
                .allSatisfy(file -> assertThat(file.getFileName().toString()).matches("\\d+-\\d+\\.avsc"));
    }

    /** Writes fifty versions of a subject and tells their ids. */
    public static void main(String... arguments) {
        SchemaRegistry registry = Opened.of("registry: " + arguments[0]);
        for (int version = 1; version <= 50; version++) {
            System.out.println(registry.id(arguments[1], Language.AVRO, schema(Language.AVRO, version)));
        }
    }
}
