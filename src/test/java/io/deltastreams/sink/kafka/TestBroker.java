package io.deltastreams.sink.kafka;

import io.deltastreams.demo.DemoKafka;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A broker of the test's own, which it can stop and start again with all its topics. */
public final class TestBroker implements QuarkusTestResourceLifecycleManager {

    private @Nullable Path folder;
    private @Nullable DemoKafka running;
    private int port;

    @Override
    public Map<String, String> start() {
        try {
            folder = Files.createTempDirectory("broker");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // The producer gives up sooner than in earnest, so that a test can see it do so.
        return Map.of(
                "kafka.bootstrap.servers", up(),
                "kafka.default.api.timeout.ms", "3000",
                "kafka.request.timeout.ms", "2000",
                "mp.messaging.outgoing.kafka.delivery.timeout.ms", "3000",
                "mp.messaging.outgoing.kafka.request.timeout.ms", "2000");
    }

    public String up() {
        if (folder == null) {
            throw new IllegalStateException("not started");
        }
        // Retention counts from a record's own time, and the tests' deltas were committed on a day that is past.
        DemoKafka broker = DemoKafka.start(folder, port, Map.of("log.retention.ms", "-1"));
        running = broker;
        port = broker.port();
        return broker.bootstrapServers();
    }

    public void down() {
        if (running != null) {
            running.close();
            running = null;
        }
    }

    @Override
    public void inject(TestInjector injector) {
        injector.injectIntoFields(this, new TestInjector.MatchesType(TestBroker.class));
    }

    @Override
    public void stop() {
        down();
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
