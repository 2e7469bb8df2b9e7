package io.deltastreams.demo;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Dev mode's surroundings: they are up before the pipeline starts and stop after it. Who sets {@code DATABASE_URL} or {@code
 * KAFKA_BOOTSTRAP_SERVERS} brings his own, and then the demo's is not started.
 */
@ApplicationScoped
@IfBuildProfile("dev")
class Demo {

    private static final int FIRST = 1;
    private static final int LAST = Integer.MAX_VALUE;

    private final DemoConfig config;
    private final String databaseUrl;
    private final String bootstrapServers;
    private final int httpPort;
    private final Path pipelineFile;
    private final Deque<AutoCloseable> running = new ArrayDeque<>();

    Demo(
            DemoConfig config,
            @ConfigProperty(name = "DATABASE_URL") String databaseUrl,
            @ConfigProperty(name = "kafka.bootstrap.servers") String bootstrapServers,
            @ConfigProperty(name = "quarkus.http.port") int httpPort,
            @ConfigProperty(name = "delta-streams.file", defaultValue = "delta-streams.yaml") Path pipelineFile) {
        this.config = config;
        this.databaseUrl = databaseUrl;
        this.bootstrapServers = bootstrapServers;
        this.httpPort = httpPort;
        this.pipelineFile = pipelineFile;
    }

    void start(@Observes @Priority(FIRST) StartupEvent event) {
        boolean own = databaseUrl.equals(DemoPostgres.url(config.postgresPort()));
        if (own) {
            DemoPostgres postgres =
                    keep(() -> DemoPostgres.start(config.folder().resolve("postgres"), config.postgresPort()));
            keep(() -> Shop.open(postgres.dataSource(), Workload.of(config.transactionsPerSecond())));
        }
        if (bootstrapServers.equals("localhost:" + config.kafkaPort())) {
            Ports.requireFree(config.kafkaPort(), "broker", "kafka-port");
            keep(() -> DemoKafka.start(config.folder().resolve("kafka"), config.kafkaPort()));
        }
        String database = own ? "psql " + databaseUrl : "yours, from DATABASE_URL";
        System.out.println(Welcome.text(httpPort, database, bootstrapServers, pipelineFile));
    }

    private <T extends AutoCloseable> T keep(Supplier<T> start) {
        T started = start.get();
        running.push(started);
        return started;
    }

    void stop(@Observes @Priority(LAST) ShutdownEvent event) throws Exception {
        while (!running.isEmpty()) {
            running.pop().close();
        }
    }
}
