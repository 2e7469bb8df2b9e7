package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.pipeline.PipelineStatus.State;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.sink.memory.MemorySinks;
import io.deltastreams.source.postgres.DirectEngineFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code wal_budget: { action: pause-others }} over a real server, with a log whose growth is held back. */
class PauseOthersTest {

    private static final int ROWS = 20_000;

    @TempDir
    Path folder;

    private final CountDownLatch held = new CountDownLatch(1);
    private final CapturedChannel captured = new CapturedChannel(Thread::startVirtualThread);

    private Run start(PostgresServer server, String database) throws Exception {
        String file = """
                name: test
                source:
                  postgresql:
                    url: postgresql://postgres:postgres@localhost:%d/%s
                    tables: [public.t]
                    snapshot: never
                    heartbeat: 1s
                    wal_budget: { size: 4MB, action: pause-others }
                log: { path: %s }
                streams:
                  needed: { from: public.t, to: { memory: { required: true } } }
                  other: { from: public.t, to: { memory: {} } }
                """.formatted(server.port(), database, folder.resolve("log"));
        PipelineDefinition definition = new DefinitionReader(
                        Map.of("postgresql", DirectEngineFactory.create()),
                        Map.of("memory", new MemorySinks()),
                        Map.of(),
                        Map.of())
                .read("f.yaml", file, _ -> null);
        Run run = new Run(
                definition,
                captured.handover(),
                new JsonCodecs().json(),
                task -> Thread.ofVirtual().start(task),
                invalid -> {
                    throw new AssertionError(invalid);
                },
                () -> {});
        run.start();
        return run;
    }

    private void moveIntoTheLog() {
        try {
            held.await();
            while (true) {
                captured.store(captured.handover().take()).await().indefinitely();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static PipelineStatus.Output output(Run run, String stream) {
        return run.status().outputs().stream()
                .filter(output -> output.stream().text().equals(stream))
                .findFirst()
                .orElseThrow();
    }

    private static void await(String what, org.awaitility.core.ThrowingRunnable condition) {
        Awaitility.await(what).atMost(Duration.ofSeconds(60)).untilAsserted(condition);
    }

    @Test
    void an_output_that_is_not_required_waits_until_the_server_keeps_less() throws Exception {
        Thread channel = Thread.ofVirtual().start(this::moveIntoTheLog);
        try (PostgresServer server = PostgresServer.start(DirectEngineFactory.create())) {
            String database = server.database();
            server.execute(database, "CREATE TABLE t (id int PRIMARY KEY, filler text)");
            try (Run run = start(server, database)) {
                await(
                        "slot",
                        () -> assertThat(
                                        server.text(database, "SELECT count(*) FROM pg_replication_slots WHERE active"))
                                .isEqualTo("1"));
                server.execute(
                        database,
                        "INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, %d) n".formatted(ROWS));

                await(
                        "pause",
                        () -> assertThat(output(run, "other").condition().state())
                                .isEqualTo(State.PAUSED));
                assertThat(output(run, "needed").condition().state()).isEqualTo(State.RUNNING);

                held.countDown();
                await(
                        "end",
                        () -> assertThat(output(run, "other").condition().state())
                                .isEqualTo(State.RUNNING));
                await(
                        "delivery",
                        () -> assertThat(output(run, "other").delivered()).isEqualTo(ROWS));
                await(
                        "delivery",
                        () -> assertThat(output(run, "needed").delivered()).isEqualTo(ROWS));
            }
        } finally {
            channel.interrupt();
        }
    }
}
