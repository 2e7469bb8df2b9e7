package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.StreamId;
import io.deltastreams.codec.json.JsonCodecs;
import io.deltastreams.postgres.PostgresServer;
import io.deltastreams.sink.memory.MemorySinks;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.postgres.DirectEngineFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's logical messages as a stream. */
class LogicalMessagesTest {

    private final MemorySinks sinks = new MemorySinks();
    private final CapturedChannel captured = new CapturedChannel(Thread::startVirtualThread);

    private void moveIntoTheLog() {
        try {
            while (true) {
                captured.store(captured.handover().take()).await().indefinitely();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private PipelineDefinition definition(PostgresServer server, Path folder) {
        ChangeSource.Factory postgres = DirectEngineFactory.create();
        return new DefinitionReader(Map.of("postgresql", postgres), Map.of("memory", sinks), Map.of(), Map.of())
                .read("f.yaml", """
                name: test
                source:
                  postgresql:
                    url: postgresql://postgres:postgres@localhost:%d/postgres
                    messages: [outbox, audit]
                log: { path: %s }
                streams:
                  order_events:
                    from: pg_logical.message
                    where: prefix = 'outbox' AND transactional AND content IS NOT NULL
                    select: [content AS event]
                    to: { memory: {} }
                """.formatted(server.port(), folder), _ -> null);
    }

    private List<Delta> deltas() {
        return sinks.target("test", new StreamId("order_events")).deltas();
    }

    @Test
    void a_stream_of_an_outbox(@TempDir Path folder) throws Exception {
        Thread channel = Thread.ofVirtual().start(this::moveIntoTheLog);
        try (PostgresServer server = PostgresServer.start(DirectEngineFactory.create());
                Run run = new Run(
                        definition(server, folder),
                        captured.handover(),
                        new JsonCodecs().json(),
                        Thread::startVirtualThread,
                        invalid -> {
                            throw new AssertionError(invalid);
                        },
                        () -> {})) {
            run.start();
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> run.status().source().snapshot().isPresent());

            server.execute(
                    "postgres",
                    "SELECT pg_logical_emit_message(true, 'audit', 'login')",
                    "SELECT pg_logical_emit_message(true, 'outbox', '{\"order\":1}')",
                    "SELECT pg_logical_emit_message(false, 'outbox', 'alone')",
                    "SELECT pg_logical_emit_message(true, 'outbox', '\\xff'::bytea)",
                    "SELECT pg_logical_emit_message(true, 'outbox', '{\"order\":2}')");

            await().atMost(Duration.ofSeconds(30)).until(() -> deltas().size() >= 2);
        } finally {
            channel.interrupt();
        }

        assertThat(deltas().stream().map(delta -> ((Change.Insert) delta.change()).after()))
                .containsExactly(Row.of("{\"order\":1}"), Row.of("{\"order\":2}"));
    }
}
