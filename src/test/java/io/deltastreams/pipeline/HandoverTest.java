package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Batch;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HandoverTest {

    @TempDir
    static Path folder;

    private static ChangeLog log;

    @BeforeAll
    static void open() throws IOException {
        log = ChangeLog.open(LogSettings.at(folder));
    }

    @AfterAll
    static void close() {
        log.close();
    }

    private static Handover.Captured batch() {
        return new Handover.Captured(new Batch(List.of(), new ResumeToken("x".repeat(1000))), log, _ -> {});
    }

    @Test
    void whoever_takes_gets_all_that_is_there() throws InterruptedException {
        Handover handover = new Handover(10_000);
        Handover.Captured first = batch();
        Handover.Captured second = batch();
        handover.put(first);
        handover.put(second);
        assertThat(handover.take()).containsExactly(first, second);
    }

    @Test
    void a_full_queue_makes_the_source_wait_until_somebody_takes() throws InterruptedException {
        Handover handover = new Handover(2_500);
        handover.put(batch());
        handover.put(batch());
        CountDownLatch passed = new CountDownLatch(1);
        Thread source = Thread.ofVirtual().start(() -> {
            try {
                handover.put(batch());
                passed.countDown();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        Awaitility.await().until(() -> source.getState() == Thread.State.WAITING);
        assertThat(passed.getCount()).isOne();
        assertThat(handover.take()).hasSize(2);
        assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_batch_larger_than_the_limit_passes_alone() throws InterruptedException {
        Handover handover = new Handover(10);
        handover.put(batch());
        assertThat(handover.take()).hasSize(1);
    }

    @Test
    void it_is_idle_only_when_all_that_was_taken_is_done() throws InterruptedException {
        Handover handover = new Handover(10_000);
        assertThat(handover.awaitIdle(0, TimeUnit.SECONDS)).isTrue();
        handover.put(batch());
        assertThat(handover.awaitIdle(1, TimeUnit.MILLISECONDS)).isFalse();
        handover.take();
        assertThat(handover.awaitIdle(1, TimeUnit.MILLISECONDS)).isFalse();
        handover.done();
        assertThat(handover.awaitIdle(0, TimeUnit.SECONDS)).isTrue();
    }
}
