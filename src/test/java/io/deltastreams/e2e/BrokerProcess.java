package io.deltastreams.e2e;

import io.deltastreams.Jvm;
import io.deltastreams.demo.DemoKafka;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A broker in a process of its own, which can be killed like any other. */
final class BrokerProcess implements AutoCloseable {

    private final Path folder;
    private final int port;
    private Process process;

    private BrokerProcess(Path folder, int port, Process process) {
        this.folder = folder;
        this.port = port;
        this.process = process;
    }

    static BrokerProcess start(Path folder) throws IOException {
        Files.createDirectories(folder);
        int port = Service.freePort();
        BrokerProcess broker = new BrokerProcess(folder, port, launch(folder, port));
        broker.awaitUp();
        return broker;
    }

    private static Process launch(Path folder, int port) throws IOException {
        return Jvm.of(BrokerProcess.class, "512m", folder.resolve("topics").toString(), Integer.toString(port))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("broker.log").toFile()))
                .start();
    }

    /** Waits until it takes connections. */
    void awaitUp() {
        Awaitility.await("the broker, see " + folder.resolve("broker.log"))
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptions()
                .until(() -> {
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                        return true;
                    }
                });
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** SIGKILL, nothing else. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void restart() throws IOException {
        process = launch(folder, port);
    }

    @Override
    public void close() {
        kill();
    }

    /** Runs until it is killed, or whoever started it has gone. */
    public static void main(String... arguments) throws IOException {
        DemoKafka broker = DemoKafka.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        while (System.in.read() >= 0) {
            // Nobody has anything to say.
        }
        broker.close();
    }
}
