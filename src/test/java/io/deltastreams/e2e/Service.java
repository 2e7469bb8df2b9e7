package io.deltastreams.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** The {@link Program} with a pipeline file, as a user runs it; at {@code -Xmx512m} if not told otherwise. */
final class Service implements AutoCloseable {

    /** How often a service is recorded: the first start, and one that finds what the first has left. */
    private static final int RECORDED = 2;

    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s*(\\d+) kB");

    private final Path folder;
    private final int port;
    private final List<String> options;
    private final Map<String, String> environment;
    private final HttpClient http = HttpClient.newHttpClient();
    private int starts;
    private Process process;

    private Service(Path folder, int port, List<String> options, Map<String, String> environment) throws IOException {
        this.folder = folder;
        this.port = port;
        this.options = options;
        this.environment = environment;
        this.process = launch();
    }

    static Service start(Path folder, String pipeline, String brokers) throws IOException {
        return start(folder, pipeline, brokers, "-Xmx512m", Program.QUICK);
    }

    /** @param options of the JVM */
    static Service start(Path folder, String pipeline, String brokers, String... options) throws IOException {
        return start(folder, pipeline, Map.of("KAFKA_BOOTSTRAP_SERVERS", brokers), List.of(options));
    }

    /** @param options of the JVM */
    static Service start(Path folder, String pipeline, Map<String, String> environment, List<String> options)
            throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("delta-streams.yaml"), pipeline);
        return new Service(folder, freePort(), options, environment);
    }

    private Process launch() throws IOException {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("-XX:+ExitOnOutOfMemoryError", "-Dquarkus.http.port=" + port));
        ProcessBuilder builder = new ProcessBuilder(Program.command(all, starts++ < RECORDED))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("service.log").toFile()));
        builder.environment().putAll(environment);
        return builder.start();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    Path folder() {
        return folder;
    }

    URI uri(String path) {
        return URI.create("http://localhost:" + port + path);
    }

    HttpResponse<String> get(String path) {
        try {
            return http.send(
                    HttpRequest.newBuilder(uri(path))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    void awaitReady() {
        Awaitility.await("readiness of the service, see " + folder.resolve("service.log"))
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException("the service ended with " + process.exitValue());
                    }
                    return get("/q/health/ready").statusCode() == 200;
                });
    }

    /** Waits until so many deltas have been delivered to Kafka since its last start; else it fails with what the service tells of itself. */
    void awaitDelivered(long deltas, Duration patience) {
        try {
            Awaitility.await()
                    .atMost(patience)
                    .pollInterval(Duration.ofMillis(20))
                    .ignoreExceptions()
                    .until(() -> delivered() >= deltas);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(
                    "in %s not %d deltas were delivered to Kafka: %s".formatted(patience, deltas, account()), e);
        }
    }

    /** By the outputs and the relay. */
    private long delivered() throws IOException {
        JsonNode now = feeds();
        return now.at("/relay/delivered").asLong()
                + now.get("outputs").findValues("delivered").stream()
                        .mapToLong(JsonNode::asLong)
                        .sum();
    }

    /** Waits until every output has what the log has. */
    void awaitNoLag(Duration patience) {
        Awaitility.await("delivery to Kafka")
                .atMost(patience)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> feeds().get("outputs").findValuesAsText("lag_seconds").stream()
                        .allMatch("0.0"::equals));
    }

    JsonNode feeds() throws IOException {
        return Fold.JSON.readTree(get("/feeds").body());
    }

    /** What it says of its feeds and its health, and the end of its output with its platform threads' stacks, which it prints at a SIGQUIT. */
    private String account() {
        StringJoiner account = new StringJoiner("\n").add(process.isAlive() ? "it runs" : "it has ended");
        for (String path : List.of("/feeds", "/q/health")) {
            try {
                account.add(get(path).body());
            } catch (UncheckedIOException e) {
                account.add(path + ": " + e.getMessage());
            }
        }
        try {
            int before = output().size();
            signal("QUIT");
            Awaitility.await()
                    .during(Duration.ofSeconds(1))
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> !process.isAlive() || output().size() > before);
            output().stream().skip(Math.max(0, before - 50)).forEach(account::add);
        } catch (IOException | ConditionTimeoutException e) {
            account.add("no threads: " + e.getMessage());
        }
        return account.toString();
    }

    /** @param name without SIG, such as {@code STOP} */
    void signal(String name) throws IOException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    }

    /** SIGKILL, nothing else. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void restart() throws IOException {
        process = launch();
    }

    /** SIGTERM; gives how long it took to end. */
    Duration terminate() throws InterruptedException {
        long start = System.nanoTime();
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            kill();
            throw new AssertionError("SIGTERM did not end the service within 30 s");
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    Process process() {
        return process;
    }

    /** Peak resident memory of the process so far, in MiB (Linux). */
    long peakMemory() throws IOException {
        Matcher matcher = PEAK.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
        return matcher.find() ? Long.parseLong(matcher.group(1)) / 1024 : -1;
    }

    List<String> output() throws IOException {
        return Files.readAllLines(folder.resolve("service.log"));
    }

    @Override
    public void close() {
        kill();
    }
}
