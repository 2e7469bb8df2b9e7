package io.deltastreams.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A real Kafka broker in this process, broker and KRaft controller in one, made small and quick to start. Its topics live in the given
 * folder and are there again when it is started on it anew.
 */
public final class DemoKafka implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final int NODE = 1;

    private final KafkaRaftServer server;
    private final int port;

    private DemoKafka(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /**
     * Starts a broker and returns once it takes connections.
     *
     * @param folder where topics are kept; made if absent
     * @param port 0 for one that is free
     * @throws IllegalStateException if the folder cannot be made a broker's, or the port is taken
     */
    public static DemoKafka start(Path folder, int port) {
        return start(folder, port, Map.of());
    }

    /**
     * Starts a broker and returns once it takes connections.
     *
     * @param more broker settings by Kafka's names, before ours
     * @throws IllegalStateException as {@link #start(Path, int)}
     */
    public static DemoKafka start(Path folder, int port, Map<String, String> more) {
        int listening = port == 0 ? freePort() : port;
        Map<String, String> settings = settings(folder, listening, freePort());
        settings.putAll(more);
        format(folder, settings);
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
        try {
            server.startup();
        } catch (RuntimeException e) {
            server.shutdown();
            throw e;
        }
        return new DemoKafka(server, listening);
    }

    private static void format(Path folder, Map<String, String> settings) {
        if (Files.exists(folder.resolve("meta.properties"))) {
            return;
        }
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(told, true, UTF_8)) {
            Files.createDirectories(folder);
            Path file = Files.createTempFile("broker", ".properties");
            Properties properties = new Properties();
            properties.putAll(settings);
            try (Writer writer = Files.newBufferedWriter(file)) {
                properties.store(writer, null);
            }
            String cluster = Uuid.randomUuid().toString();
            int code = StorageTool.execute(
                    new String[] {"format", "--cluster-id", cluster, "--config", file.toString()}, out);
            Files.delete(file);
            if (code != 0) {
                throw new IllegalStateException(
                        "cannot make %s a broker's folder: %s".formatted(folder, told.toString(UTF_8)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> settings(Path folder, int port, int controllerPort) {
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE));
        settings.put("log.dirs", folder.toString());
        settings.put("listeners", "PLAINTEXT://%s:%d,CONTROLLER://%s:%d".formatted(HOST, port, HOST, controllerPort));
        settings.put("advertised.listeners", "PLAINTEXT://%s:%d".formatted(HOST, port));
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("controller.quorum.voters", "%d@%s:%d".formatted(NODE, HOST, controllerPort));
        settings.put("num.partitions", "3");
        settings.put("default.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("transaction.state.log.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        // One that was killed is let in again when its former session is over.
        settings.put("broker.session.timeout.ms", "3000");
        settings.put("broker.heartbeat.interval.ms", "1000");
        // A day of dev mode must not fill the disk.
        settings.put("log.retention.hours", "6");
        settings.put("log.roll.hours", "1");
        // One small machine: few threads, and a cleaner that does with 2 MB instead of 128.
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", "2097152");
        settings.put("log.index.size.max.bytes", "1048576");
        return settings;
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What clients are given as {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return HOST + ":" + port;
    }

    public int port() {
        return port;
    }

    /** Stops the broker and waits until it has. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
