package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** A broker that lets nobody in unasked, and who gives tokens for it. One listener is open, for the test itself. */
@SuppressWarnings("NullAway.Init") // started before it is used
public final class SecureBroker implements QuarkusTestResourceLifecycleManager, AutoCloseable {

    private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";
    private static final String LOGIN = "org.apache.kafka.common.security.";

    private Path folder;
    private TokenIssuer issuer;
    private int open;
    private int tls;
    private int mutual;
    private int sasl;

    private @Nullable KafkaRaftServer server;

    /** Starts it; gives the link that is told of the channel alone. */
    @Override
    public Map<String, String> start() {
        up();
        String channel = "mp.messaging.outgoing.kafka.";
        return Map.of(
                "kafka.bootstrap.servers",
                "localhost:1",
                channel + "bootstrap.servers",
                "localhost:" + sasl,
                channel + "security.protocol",
                "SASL_SSL",
                channel + "ssl.truststore.type",
                "PEM",
                channel + "ssl.truststore.location",
                secrets().resolve("ca.pem").toString(),
                channel + "sasl.mechanism",
                "SCRAM-SHA-512",
                channel + "sasl.jaas.config",
                LOGIN + "scram.ScramLoginModule required username=\"delta-streams\" password=\"scram-secret\";");
    }

    public void up() {
        try {
            folder = Files.createTempDirectory("secure-broker");
            Keys.make(secrets());
            issuer = TokenIssuer.start();
            System.setProperty(ALLOWED_URLS, issuer.tokens() + "," + issuer.keys());
            open = freePort();
            tls = freePort();
            mutual = freePort();
            sasl = freePort();
            Map<String, String> settings = settings();
            format(settings);
            server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
            server.startup();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void format(Map<String, String> settings) throws IOException {
        Path file = folder.resolve("broker.properties");
        Properties properties = new Properties();
        properties.putAll(settings);
        try (Writer writer = Files.newBufferedWriter(file)) {
            properties.store(writer, null);
        }
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        int code = StorageTool.execute(
                new String[] {
                    "format",
                    "--cluster-id",
                    Uuid.randomUuid().toString(),
                    "--config",
                    file.toString(),
                    "--add-scram",
                    "SCRAM-SHA-512=[name=delta-streams,password=scram-secret]"
                },
                new PrintStream(told, true, UTF_8));
        if (code != 0) {
            throw new IOException("the broker's folder: " + told.toString(UTF_8));
        }
    }

    private Map<String, String> settings() throws IOException {
        int controller = freePort();
        String clients = "OPEN://localhost:%d,TLS://localhost:%d,MUTUAL://localhost:%d,SASL://localhost:%d"
                .formatted(open, tls, mutual, sasl);
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("log.dirs", folder.resolve("topics").toString());
        settings.put("listeners", clients + ",CONTROLLER://localhost:" + controller);
        settings.put("advertised.listeners", clients);
        settings.put(
                "listener.security.protocol.map",
                "OPEN:PLAINTEXT,TLS:SSL,MUTUAL:SSL,SASL:SASL_SSL,CONTROLLER:PLAINTEXT");
        settings.put("inter.broker.listener.name", "OPEN");
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("controller.quorum.voters", "1@localhost:" + controller);
        settings.put("num.partitions", "3");
        settings.put("log.retention.ms", "-1"); // The tests' deltas were committed on a day that is past.
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("transaction.state.log.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("num.network.threads", "1");
        settings.put("num.io.threads", "2");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", "2097152");
        settings.put("log.index.size.max.bytes", "1048576");
        settings.put("ssl.keystore.type", "PKCS12");
        settings.put("ssl.keystore.location", secrets().resolve("broker.p12").toString());
        settings.put("ssl.keystore.password", Keys.PASSWORD);
        settings.put("ssl.key.password", Keys.PASSWORD);
        settings.put("listener.name.mutual.ssl.client.auth", "required");
        settings.put("listener.name.mutual.ssl.truststore.type", "PEM");
        settings.put(
                "listener.name.mutual.ssl.truststore.location",
                secrets().resolve("clients.pem").toString());
        settings.putAll(mechanisms());
        return settings;
    }

    private Map<String, String> mechanisms() {
        return Map.of(
                "sasl.enabled.mechanisms",
                "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
                "listener.name.sasl.plain.sasl.jaas.config",
                LOGIN + "plain.PlainLoginModule required user_delta-streams=\"plain-$ecret\";",
                "listener.name.sasl.scram-sha-512.sasl.jaas.config",
                LOGIN + "scram.ScramLoginModule required;",
                // Who is connected has to say so again and again.
                "listener.name.sasl.scram-sha-512.connections.max.reauth.ms",
                "2000",
                "listener.name.sasl.oauthbearer.sasl.jaas.config",
                LOGIN + "oauthbearer.OAuthBearerLoginModule required;",
                "listener.name.sasl.oauthbearer.sasl.server.callback.handler.class",
                LOGIN + "oauthbearer.OAuthBearerValidatorCallbackHandler",
                "sasl.oauthbearer.jwks.endpoint.url",
                issuer.keys(),
                "sasl.oauthbearer.expected.audience",
                "kafka");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The folder with the keys. */
    public Path secrets() {
        return folder.resolve("secrets");
    }

    void secret(String name, String text) {
        try {
            Files.writeString(secrets().resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String tokens() {
        return issuer.tokens();
    }

    /** Where everybody is let in. */
    public String openServers() {
        return "localhost:" + open;
    }

    /** @param certified whether clients show a certificate */
    String servers(String protocol, boolean certified) {
        return "localhost:"
                + switch (protocol) {
                    case "SSL" -> certified ? mutual : tls;
                    case "SASL_SSL" -> sasl;
                    default -> open;
                };
    }

    /** Gives a user a password of his, known from now on; makes the user if absent. */
    void password(String user, String password) throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", openServers()))) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), password)))
                    .all()
                    .get();
        }
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(this, new TestInjector.MatchesType(SecureBroker.class));
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public void stop() {
        System.clearProperty(ALLOWED_URLS);
        if (server != null) {
            server.shutdown();
            server.awaitShutdown();
        }
        issuer.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
