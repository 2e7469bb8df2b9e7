package io.deltastreams.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.source.Intake.SnapshotProgress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

    private static final Instant START = Instant.parse("2026-11-25T10:00:00Z");

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ProgressBar bar = new ProgressBar(new PrintStream(written, true, StandardCharsets.UTF_8));

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    @Test
    void a_line_that_is_written_over_until_the_end() {
        bar.show(new SnapshotProgress(0, 10_000, false), START);
        bar.show(new SnapshotProgress(5_000, 10_000, false), START.plusSeconds(10));
        bar.show(new SnapshotProgress(12_000, 10_000, true), START.plusSeconds(20));

        assertThat(text().split("\r", -1)).hasSize(4);
        assertThat(text())
                .contains("\rsnapshot [###############...............] 50 % 5,000 of about 10,000 rows, 500 rows/s")
                .contains("\rsnapshot [##############################] 12,000 rows, 600 rows/s")
                .endsWith(System.lineSeparator());
    }

    @Test
    void what_comes_faster_than_one_can_read_is_left_out() {
        for (int i = 0; i < 100; i++) {
            bar.show(new SnapshotProgress(i, 0, false), START.plusMillis(i));
        }

        assertThat(text().split("\r", -1)).hasSize(2);
    }
}
