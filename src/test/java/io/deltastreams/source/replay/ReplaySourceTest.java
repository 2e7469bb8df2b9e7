package io.deltastreams.source.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.ChangeSourceContract;
import io.deltastreams.source.RunningSource;
import io.deltastreams.source.SourceFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaySourceTest extends ChangeSourceContract {

    @TempDir
    private Path folder;

    @Override
    protected Database open() {
        return new Written(folder.resolve("script.jsonl"));
    }

    @Test
    void a_script_with_many_types_is_read() throws Exception {
        Path script = folder.resolve("types.jsonl");
        Files.writeString(script, """
                {"table": "public.t", "columns": {"id": "int64", "n": "numeric", "b": "bool"}, "key": ["id"]}
                {"snapshot": "public.t", "rows": [[1, "1.20", true]]}
                {"transaction": "7", "changes": [{"update": "public.t", "row": [1, {"absent": true}, null]}]}
                """);
        try (RunningSource _ = RunningSource.start(ReplaySource.of(script, Duration.ZERO), intake)) {
            intake.awaitChanges("public.t", 2);
        }

        List<Change> changes = intake.changes();
        assertThat(((Change.Insert) changes.get(0)).after()).isEqualTo(Row.of(1L, new BigDecimal("1.20"), true));
        assertThat(((Change.Update) changes.get(1)).after()).isEqualTo(Row.of(1L, Row.ABSENT, null));
        assertThat(intake.log().getLast().id()).isEqualTo("7");
    }

    @Test
    void a_line_that_cannot_be_read_is_told_with_its_place() throws Exception {
        Path script = folder.resolve("bad.jsonl");
        Files.writeString(script, "{\"table\": \"public.t\", \"columns\": {\"id\": \"integer\"}}\n");

        SourceFailure failure = catchThrowableOfType(
                SourceFailure.class,
                () -> ReplaySource.of(script, Duration.ZERO).inspect());

        assertThat(failure).hasMessageContaining("bad.jsonl:1: 'integer' is no type");
    }

    /** Writes its transactions into a script; what comes before the first source becomes the snapshot. */
    private static final class Written implements Database {

        private final Path script;
        private final Map<String, SortedMap<Integer, String>> tables = new TreeMap<>();
        private boolean begun;
        private int transactions;

        Written(Path script) {
            this.script = script;
            tables.put(ITEMS, new TreeMap<>());
            tables.put(NOTES, new TreeMap<>());
        }

        @Override
        public synchronized ChangeSource source() {
            if (!begun) {
                begun = true;
                List<String> lines = new ArrayList<>();
                tables.forEach((table, rows) -> {
                    lines.add(
                            "{\"table\": \"%s\", \"columns\": {\"id\": \"int32\", \"name\": \"text\"}, \"key\": [\"id\"]}"
                                    .formatted(table));
                    lines.add("{\"snapshot\": \"%s\", \"rows\": [%s]}"
                            .formatted(
                                    table,
                                    rows.entrySet().stream()
                                            .map(row -> row(row.getKey(), row.getValue()))
                                            .collect(Collectors.joining(", "))));
                });
                append(String.join("\n", lines));
            }
            return ReplaySource.of(script, Duration.ZERO);
        }

        private SortedMap<Integer, String> table(String name) {
            return tables.computeIfAbsent(name, _ -> new TreeMap<>());
        }

        private void append(String line) {
            try {
                Files.writeString(script, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String row(int id, String name) {
            return "[%d, \"%s\"]".formatted(id, name);
        }

        @Override
        public synchronized void commit(Write... writes) {
            List<String> changes = new ArrayList<>();
            for (Write write : writes) {
                changes.add(
                        switch (write) {
                            case Write.Insert(String table, int id, String name) -> {
                                table(table).put(id, name);
                                yield "{\"insert\": \"%s\", \"row\": %s}".formatted(table, row(id, name));
                            }
                            case Write.Update(String table, int id, String name) -> {
                                table(table).put(id, name);
                                yield "{\"update\": \"%s\", \"row\": %s}".formatted(table, row(id, name));
                            }
                            case Write.Delete(String table, int id) -> {
                                table(table).remove(id);
                                yield "{\"delete\": \"%s\", \"before\": [%d, null]}".formatted(table, id);
                            }
                            case Write.Truncate(String table) -> {
                                table(table).clear();
                                yield "{\"truncate\": \"%s\"}".formatted(table);
                            }
                        });
            }
            if (begun) {
                append("{\"transaction\": \"%d\", \"changes\": [%s]}"
                        .formatted(++transactions, String.join(", ", changes)));
            }
        }

        @Override
        public synchronized SortedMap<String, List<String>> rows(String table) {
            SortedMap<String, List<String>> texts = new TreeMap<>();
            table(table).forEach((id, name) -> texts.put(id + "|", List.of(Integer.toString(id), name)));
            return texts;
        }

        @Override
        public void close() {}
    }
}
