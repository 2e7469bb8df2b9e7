package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service's feeds on the protocols below them, and against clients that do not keep to them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init") // started before all tests
class FeedProtocolIT {

    private static final String PIPELINE = """
            source: { replay: { file: script.jsonl } }
            log: { path: log }
            streams: { items: { from: public.items } }
            """;
    private static final String SCRIPT = """
            {"table": "public.items", "columns": {"id": "int32", "name": "text"}, "key": ["id"]}
            {"snapshot": "public.items", "rows": [[1, "pen"], [2, "ink"]]}
            {"transaction": "790", "at": "2026-11-22T10:15:30Z", "changes": [{"insert": "public.items", "row": [3, "paper"]}]}
            """;
    private static final Pattern HEAP = Pattern.compile("used (\\d+)K");

    private Service service;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("script.jsonl"), SCRIPT);
        service = Service.start(
                folder,
                PIPELINE,
                "localhost:1",
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-Dquarkus.http.cors.enabled=true",
                "-Dquarkus.http.cors.origins=https://app.example",
                "-Dquarkus.http.enable-compression=true",
                "-Dquarkus.http.idle-timeout=3s",
                "-Ddelta-streams.feed.heartbeat=1s",
                "-Ddelta-streams.feed.stall-timeout=3s");
        service.awaitReady();
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private HttpRequest.Builder feed(String query) {
        return HttpRequest.newBuilder(service.uri("/feeds/items" + query)).header("Accept", "text/event-stream");
    }

    private static String event(HttpResponse<InputStream> response, String name) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals("event: " + name)) {
                return lines.readLine();
            }
        }
        throw new IOException("no " + name);
    }

    @Test
    void a_page_of_another_origin_may_read_a_feed_where_that_is_configured() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> answer = http.send(
                    feed("?from=snapshot")
                            .header("Origin", "https://app.example")
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream _ = answer.body()) {
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("access-control-allow-origin"))
                        .contains("https://app.example");
            }
            HttpResponse<InputStream> other = http.send(
                    feed("").header("Origin", "https://evil.example").build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream _ = other.body()) {
                assertThat(other.headers().firstValue("access-control-allow-origin"))
                        .isEmpty();
            }
            http.shutdownNow();
        }
    }

    @Test
    void many_feeds_share_one_connection_of_http_2() throws Exception {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            List<HttpResponse<InputStream>> feeds = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                feeds.add(http.send(feed("?from=snapshot").build(), HttpResponse.BodyHandlers.ofInputStream()));
            }
            for (HttpResponse<InputStream> each : feeds) {
                assertThat(each.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(event(each, "snapshot-end")).contains("\"rows\":3");
            }
            // The first request asked for the upgrade, and all that followed it used its connection.
            assertThat(sockets()).isLessThanOrEqualTo(2);
            http.shutdownNow();
        }
    }

    /** Connections that clients have to the service. */
    private long sockets() throws IOException {
        String port = String.format("%04X", service.uri("/").getPort());
        try (Stream<String> v4 = Files.lines(Path.of("/proc/net/tcp"));
                Stream<String> v6 = Files.lines(Path.of("/proc/net/tcp6"))) {
            return Stream.concat(v4, v6)
                    .map(line -> line.strip().split("\\s+", 5))
                    .filter(fields -> fields[1].endsWith(":" + port) && fields[3].equals("01"))
                    .count();
        }
    }

    @Test
    void a_feed_is_not_held_back_by_compression() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> answer = http.send(
                    feed("?from=snapshot").header("Accept-Encoding", "gzip").build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.headers().firstValue("content-encoding").orElse("identity"))
                    .isEqualTo("identity");
            assertThat(event(answer, "snapshot-end")).contains("\"rows\":3");
            http.shutdownNow();
        }
    }

    @Test
    void those_that_do_not_keep_to_the_protocol_leave_nothing_behind() throws Exception {
        abuse(20);
        long files = files();
        // An executable has nobody who tells of its heap.
        long heap = Program.isNative() ? 0 : heap();
        for (int round = 0; round < 5; round++) {
            abuse(150);
        }
        Awaitility.await("file descriptors as before")
                .atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> assertThat(files()).isLessThanOrEqualTo(files + 2));
        if (!Program.isNative()) {
            assertThat(heap()).as("KB of heap").isLessThan(heap + 4096);
        }
        assertThat(service.get("/feeds").body()).contains("\"subscribers\":0");
    }

    /** Requests that never end, that are none, that ask for nonsense, and readers that do not read or vanish. */
    private void abuse(int clients) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            Socket socket = new Socket("localhost", service.uri("/").getPort());
            sockets.add(socket);
            OutputStream out = socket.getOutputStream();
            out.write(
                    switch (i % 6) {
                        case 0 ->
                            "GET /feeds/items HTTP/1.1\r\nHost: x\r\nX-Slow: ".getBytes(StandardCharsets.US_ASCII);
                        case 1 -> "\0\1\2 nonsense\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
                        case 2 ->
                            ("GET /feeds/items?where=" + "(".repeat(3000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII);
                        case 3 ->
                            ("GET /feeds/items HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " + "9".repeat(60_000)
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII);
                        case 4 -> new byte[0];
                        default ->
                            "GET /feeds/items?from=snapshot HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII);
                    });
        }
        for (int i = 0; i < clients; i++) {
            Socket socket = sockets.get(i);
            if (i % 6 == 5) {
                // Gone without a word: a reset, not an end.
                socket.setSoLinger(true, 0);
                socket.close();
            } else {
                // The service is who ends these.
                socket.setSoTimeout(20_000);
                String answer = new String(drained(socket), StandardCharsets.ISO_8859_1);
                assertThat(answer).doesNotContain("HTTP/1.1 5").doesNotContain("HTTP/1.1 200");
                if (i % 6 == 2) {
                    assertThat(answer).contains("application/problem+json").contains("\"parameter\":\"where\"");
                }
                socket.close();
            }
        }
    }

    private static byte[] drained(Socket socket) throws IOException {
        try {
            return socket.getInputStream().readAllBytes();
        } catch (java.net.SocketException _) {
            return new byte[0];
        }
    }

    private long files() throws IOException {
        try (Stream<Path> files =
                Files.list(Path.of("/proc/" + service.process().pid() + "/fd"))) {
            return files.count();
        }
    }

    /** What is in use behind a full collection, in KB. */
    private long heap() throws IOException, InterruptedException {
        jcmd("GC.run");
        Matcher used = HEAP.matcher(jcmd("GC.heap_info"));
        long sum = 0;
        for (int generation = 0; generation < 2 && used.find(); generation++) {
            sum += Long.parseLong(used.group(1));
        }
        assertThat(sum).isPositive();
        return sum;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(service.process().pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String output = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jcmd.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return output;
    }
}
