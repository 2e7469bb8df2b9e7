package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code deploy/Dockerfile.jvm} does: {@code deploy/aot/link.sh} makes a JVM on which the service runs, {@code deploy/aot/train.sh} a cache
 * which that JVM takes, and from which the service starts faster.
 */
@DisabledIf(value = "io.deltastreams.e2e.Program#isNative", disabledReason = "of JVMs only")
class AotCacheIT {

    private static final Path APP = Path.of("target/quarkus-app").toAbsolutePath();
    private static final Path SCRIPTS = Path.of("deploy/aot").toAbsolutePath();

    /** As in deploy/Dockerfile.jvm, whose cache fits no others. */
    private static final List<String> OPTIONS = List.of(
            "-Xmx512m",
            "-XX:+ExitOnOutOfMemoryError",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    @TempDir
    Path folder;

    @Test
    void a_trained_cache_makes_the_start_faster() throws Exception {
        Path java = folder.resolve("java");
        run("link.sh", Path.of(System.getProperty("java.home")), APP.toString(), java.toString());
        run("train.sh", java, APP.toString());

        Duration plain = ready(java, "plain");
        // The JVM ends where it cannot use the cache.
        Duration cached = ready(java, "cached", "-XX:AOTMode=on", "-XX:AOTCache=" + APP.resolve("delta-streams.aot"));

        System.out.printf("ready after %d ms, with the AOT cache after %d ms%n", plain.toMillis(), cached.toMillis());
        assertThat(cached).isLessThan(plain.multipliedBy(3).dividedBy(4));
    }

    private void run(String script, Path java, String... arguments) throws IOException, InterruptedException {
        Path said = folder.resolve(script + ".log");
        List<String> command =
                new ArrayList<>(List.of("bash", SCRIPTS.resolve(script).toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().put("JAVA_HOME", java.toString());
        builder.environment().put("AOT_PORT", Integer.toString(Service.freePort()));
        Process process = builder.start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS))
                .as(() -> script + " ends")
                .isTrue();
        assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    }

    private Duration ready(Path java, String name, String... more) throws IOException {
        Path here = Files.createDirectories(folder.resolve(name));
        for (String file : List.of("replay.yaml", "replay.jsonl")) {
            Files.copy(SCRIPTS.resolve(file), here.resolve(file));
        }
        int port = Service.freePort();
        List<String> command = new ArrayList<>();
        command.add(java.resolve("bin/java").toString());
        command.addAll(OPTIONS);
        command.addAll(List.of(more));
        command.addAll(List.of(
                "-Dquarkus.http.port=" + port,
                "-jar",
                APP.resolve("quarkus-run.jar").toString(),
                "--file",
                "replay.yaml"));
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .directory(here.toFile())
                .redirectErrorStream(true)
                .redirectOutput(here.resolve("service.log").toFile())
                .start();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                    .build();
            Awaitility.await("readiness, see " + here)
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(10))
                    .pollDelay(Duration.ZERO)
                    .failFast("it has ended", () -> !process.isAlive())
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> http.send(request, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200);
            return Duration.ofNanos(System.nanoTime() - start);
        } finally {
            process.destroyForcibly().onExit().join();
        }
    }
}
