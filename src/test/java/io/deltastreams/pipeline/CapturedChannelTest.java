package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Batch;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogSettings;
import io.deltastreams.pipeline.Handover.Captured;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CapturedChannelTest {

    @TempDir
    Path folder;

    private final CapturedChannel channel = new CapturedChannel(Thread::startVirtualThread);
    private final List<Throwable> failures = new ArrayList<>();

    @Test
    void what_comes_too_late_for_a_log_that_its_run_has_closed_is_no_failure()
            throws IOException, InterruptedException {
        ChangeLog log = ChangeLog.open(LogSettings.at(folder));
        channel.handover().put(new Captured(new Batch(List.of(), new ResumeToken("1")), log, failures::add));
        log.close();

        channel.store(channel.handover().take()).await().atMost(Duration.ofSeconds(10));

        assertThat(failures).isEmpty();
        assertThat(channel.handover().awaitIdle(0, TimeUnit.SECONDS)).isTrue();
    }
}
