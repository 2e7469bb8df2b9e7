package io.deltastreams.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where the CPU's time went, as B. Gregg's flame graphs draw it: stacks side by side by name, each frame as wide as its share of the samples; a
 * stack stands on its thread. A frame's text in full, with its share, is shown by the browser when the mouse rests on it.
 */
final class FlameGraph {

    private static final int WIDTH = 1_800;
    private static final int HEIGHT = 17;
    private static final double NARROWEST = 0.5;
    private static final double LETTER = 6.6;

    private final Node root = new Node();
    private int deepest;

    private static final class Node {
        private final Map<String, Node> callees = new TreeMap<>();
        private long samples;
    }

    /** Where a service is to be recorded, {@code -Dbench.jfr=target/kafka.jfr}; empty where nobody asked. */
    static Optional<Path> asked() {
        return Optional.ofNullable(System.getProperty("bench.jfr"))
                .map(file -> Path.of(file).toAbsolutePath());
    }

    /** Options of a JVM with so much memory that records itself into that file, if there is one, until it ends in order. */
    static String[] options(String memory, Optional<Path> recording) {
        return recording
                .map(file -> new String[] {
                    memory,
                    "-XX:FlightRecorderOptions=stackdepth=200",
                    "-XX:StartFlightRecording=filename=%s,dumponexit=true,jdk.CPUTimeSample#enabled=true,jdk.CPUTimeSample#throttle=5ms"
                            .formatted(file)
                })
                .orElseGet(() -> new String[] {memory});
    }

    /** The samples of CPU time in a recording, JEP 509's. */
    static FlameGraph of(Path recording) throws IOException {
        FlameGraph graph = new FlameGraph();
        try (RecordingFile events = new RecordingFile(recording)) {
            while (events.hasMoreEvents()) {
                RecordedEvent event = events.readEvent();
                if (event.getEventType().getName().equals("jdk.CPUTimeSample") && event.getStackTrace() != null) {
                    graph.add(stack(event));
                }
            }
        }
        return graph;
    }

    private static List<String> stack(RecordedEvent sample) {
        List<String> frames = new ArrayList<>();
        for (RecordedFrame frame : sample.getStackTrace().getFrames()) {
            RecordedMethod method = frame.getMethod();
            // A lambda's number is another in every run.
            frames.add(method.getType().getName().replaceFirst("Lambda[./]0x\\p{XDigit}+", "Lambda") + "."
                    + method.getName());
        }
        RecordedThread thread = sample.getThread("eventThread");
        String name = thread == null || thread.getJavaName() == null ? "a thread of the JVM" : thread.getJavaName();
        // Threads of a pool are one.
        frames.add(name.isEmpty() ? "virtual threads" : name.replaceAll("\\d+", "N"));
        Collections.reverse(frames);
        return frames;
    }

    /** @param stack the thread first, the running method last */
    void add(List<String> stack) {
        Node at = root;
        at.samples++;
        for (String frame : stack) {
            at = at.callees.computeIfAbsent(frame, _ -> new Node());
            at.samples++;
        }
        deepest = Math.max(deepest, stack.size());
    }

    long samples() {
        return root.samples;
    }

    /** A stack a line, its frames with semicolons between, and how often it was seen: what other tools read. */
    String collapsed() {
        StringBuilder text = new StringBuilder();
        collapse(root, "", text);
        return text.toString();
    }

    private static void collapse(Node node, String path, StringBuilder text) {
        long own = node.samples;
        for (Map.Entry<String, Node> callee : node.callees.entrySet()) {
            collapse(callee.getValue(), path.isEmpty() ? callee.getKey() : path + ";" + callee.getKey(), text);
            own -= callee.getValue().samples;
        }
        if (own > 0 && !path.isEmpty()) {
            text.append(path).append(' ').append(own).append('\n');
        }
    }

    String svg(String title) {
        int height = (deepest + 2) * HEIGHT;
        StringBuilder text = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" font-family="monospace" font-size="11">
                <rect width="100%%" height="100%%" fill="#fff"/>
                <text x="4" y="13">%3$s: %4$d samples of CPU time</text>
                """.formatted(WIDTH, height, escaped(title), root.samples));
        draw(root, 0, height - HEIGHT, text);
        return text.append("</svg>\n").toString();
    }

    private void draw(Node caller, double left, int bottom, StringBuilder text) {
        double x = left;
        for (Map.Entry<String, Node> callee : caller.callees.entrySet()) {
            double width = (double) WIDTH * callee.getValue().samples / root.samples;
            if (width >= NARROWEST) {
                draw(callee.getKey(), callee.getValue().samples, x, width, bottom, text);
                draw(callee.getValue(), x, bottom - HEIGHT, text);
            }
            x += width;
        }
    }

    private void draw(String frame, long samples, double x, double width, int y, StringBuilder text) {
        text.append(String.format(
                Locale.ROOT,
                "<g><title>%s, %.1f %%</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" stroke=\"#fff\"/>",
                escaped(frame),
                100.0 * samples / root.samples,
                x,
                y,
                width,
                HEIGHT - 1,
                colour(frame)));
        String name = shortened(frame, (int) ((width - 4) / LETTER));
        if (!name.isEmpty()) {
            text.append(String.format(
                    Locale.ROOT, "<text x=\"%.1f\" y=\"%d\">%s</text>", x + 2, y + HEIGHT - 5, escaped(name)));
        }
        text.append("</g>\n");
    }

    /** Our own code stands out. */
    private static String colour(String frame) {
        return frame.startsWith("io.deltastreams.")
                ? "#f6b26b"
                : frame.startsWith("java.") || frame.startsWith("jdk.") || frame.startsWith("sun.")
                        ? "#b6d7a8"
                        : "#a4c2f4";
    }

    /** Class and method without the package, as much as there is room for. */
    private static String shortened(String frame, int letters) {
        String name = frame.substring(frame.lastIndexOf('.', frame.lastIndexOf('.') - 1) + 1);
        return letters < 3 ? "" : name.length() <= letters ? name : name.substring(0, letters - 1) + "…";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** Draws a recording beside itself: {@code kafka.jfr} to {@code kafka.svg} and {@code kafka.collapsed}. */
    static void draw(Path recording) throws IOException {
        String name = recording.getFileName().toString().replaceFirst("\\.jfr$", "");
        FlameGraph graph = of(recording);
        Files.writeString(recording.resolveSibling(name + ".svg"), graph.svg(name));
        Files.writeString(recording.resolveSibling(name + ".collapsed"), graph.collapsed());
        System.out.printf("%s.svg beside %s: %,d samples%n", name, recording, graph.samples());
    }
}
