package io.deltastreams.codec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A schema registry that is none of ours (Apicurio, which the build unpacks) in a process of its own, with Confluent's REST API. It keeps its schemas
 * in a folder of its own, so that it knows them, and their ids, when it is started again. A start takes some six seconds: whoever neither stops it nor
 * minds subjects of others takes the {@link #shared} one.
 */
public final class RealRegistry implements AutoCloseable {

    /** Lazily, once per JVM; its process ends with the JVM. */
    private static final class Shared {

        private static final RealRegistry REGISTRY = new RealRegistry().start();

        private Shared() {}
    }

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    private final int port;
    private final Path folder;
    private @Nullable Process process;

    /** One that has its address, but is down until it is started. */
    public RealRegistry() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            folder = Files.createTempDirectory(Files.createDirectories(TARGET.resolve("registries")), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "registry"));
    }

    /** The one of this JVM, up; never to be stopped. Take subjects that nobody else has. */
    public static RealRegistry shared() {
        return Shared.REGISTRY;
    }

    /** {@code http://127.0.0.1:<port>/apis/ccompat/v7}, whether it is up or not. */
    public String url() {
        return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
    }

    /** Starts it, also again, and waits until it answers. */
    public RealRegistry start() {
        Path log = folder.resolve("registry.log");
        Process started = launch(log);
        Awaitility.await("the registry, see " + log)
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(100))
                .failFast("the registry has ended, see " + log, () -> !started.isAlive())
                .ignoreExceptionsInstanceOf(IOException.class)
                .until(this::answers);
        return this;
    }

    private synchronized Process launch(Path log) {
        if (process != null) {
            throw new IllegalStateException("it is up");
        }
        try {
            Process started = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Xmx400m",
                            "-Dquarkus.http.host=127.0.0.1",
                            "-Dquarkus.http.port=" + port,
                            "-Dquarkus.management.host=127.0.0.1",
                            "-Dquarkus.management.port=0",
                            "-Dapicurio.datasource.url=jdbc:h2:file:" + folder.resolve("schemas") + ";WRITE_DELAY=0",
                            "-jar",
                            TARGET.resolve("registry", "quarkus-run.jar").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            process = started;
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean answers() throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url() + "/subjects").toURL().openConnection();
        connection.setConnectTimeout((int) TimeUnit.SECONDS.toMillis(5));
        connection.setReadTimeout((int) TimeUnit.SECONDS.toMillis(30));
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    }

    /** SIGKILL, nothing else; what it has answered it knows after another start. */
    public synchronized void stop() {
        if (process != null) {
            process.destroyForcibly().onExit().join();
            process = null;
        }
    }

    @Override
    public void close() {
        stop();
    }
}
