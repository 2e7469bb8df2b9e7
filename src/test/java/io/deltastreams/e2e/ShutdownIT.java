package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM as its clients see it. */
class ShutdownIT {

    private static final String SCRIPT = """
            {"table": "public.items", "columns": {"id": "int32"}, "key": ["id"]}
            {"transaction": "790", "at": "2026-11-22T10:15:30Z", "changes": [{"insert": "public.items", "row": [1]}]}
            """;

    @TempDir
    Path folder;

    @Test
    void an_open_feed_ends_instead_of_being_cut_off() throws Exception {
        Files.writeString(folder.resolve("script.jsonl"), SCRIPT);
        String pipeline = """
                source: { replay: { file: script.jsonl } }
                log: { path: log }
                streams: { items: { from: public.items } }
                """;
        try (HttpClient client = HttpClient.newHttpClient();
                Service service = Service.start(folder, pipeline, "localhost:1")) {
            service.awaitReady();
            HttpRequest request = HttpRequest.newBuilder(service.uri("/feeds/items?from=earliest"))
                    .build();
            InputStream feed = client.send(request, HttpResponse.BodyHandlers.ofInputStream())
                    .body();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(feed, UTF_8))) {
                String line = lines.readLine();
                while (!(line.startsWith("data:") && line.contains("\"id\":1"))) {
                    line = lines.readLine();
                    assertThat(line).as("the feed's next line").isNotNull();
                }

                Duration ending = service.terminate();

                // An answer without its last chunk would fail the reader.
                assertThat(lines.lines()).noneMatch(rest -> rest.startsWith("data:"));
                assertThat(ending).isLessThan(Duration.ofSeconds(10));
            }
        }
    }

    @Test
    void a_killed_process_leaves_no_library_in_the_temporary_folder() throws Exception {
        Files.writeString(folder.resolve("script.jsonl"), SCRIPT);
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        String pipeline = """
                source: { replay: { file: script.jsonl } }
                log: { path: log }
                streams: { items: { from: public.items } }
                """;
        try (Service service = Service.start(
                folder, pipeline, "localhost:1", "-Xmx512m", Program.QUICK, "-Djava.io.tmpdir=" + temporary)) {
            Awaitility.await("the state")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> service.output().stream().anyMatch(line -> line.contains("state=open")));

            service.kill();

            assertThat(temporary).isDirectoryNotContaining("glob:**rocksdb**");
        }
    }
}
