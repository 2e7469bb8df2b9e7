package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FlameGraphTest {

    private static FlameGraph graph() {
        FlameGraph graph = new FlameGraph();
        graph.add(List.of("main", "a.A.run", "a.A.read"));
        graph.add(List.of("main", "a.A.run", "a.A.read"));
        graph.add(List.of("main", "a.A.run"));
        graph.add(List.of("other", "io.deltastreams.B.<init>"));
        return graph;
    }

    @Test
    void a_stack_a_line_with_how_often_it_was_seen() {
        assertThat(graph().collapsed()).isEqualTo("""
                main;a.A.run;a.A.read 2
                main;a.A.run 1
                other;io.deltastreams.B.<init> 1
                """);
    }

    @Test
    void a_frame_is_as_wide_as_its_share() {
        assertThat(graph().svg("t").lines())
                .anyMatch(line -> line.contains("<title>a.A.run, 75.0 %</title><rect x=\"0.0\"")
                        && line.contains("width=\"1350.0\"")
                        && line.contains(">A.run</text>"))
                .anyMatch(
                        line -> line.contains("<title>io.deltastreams.B.&lt;init&gt;, 25.0 %</title><rect x=\"1350.0\"")
                                && line.contains("width=\"450.0\""));
    }

    @Test
    @Timeout(60)
    void a_recording_tells_what_ran(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("own.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.CPUTimeSample").with("throttle", "1ms");
            recording.start();
            FlameGraph graph = new FlameGraph();
            while (graph.samples() == 0) {
                busy();
                recording.dump(file);
                graph = FlameGraph.of(file);
            }
            assertThat(graph.collapsed()).contains(";");
        }
    }

    private static void busy() {
        long end = System.nanoTime() + 50_000_000;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
