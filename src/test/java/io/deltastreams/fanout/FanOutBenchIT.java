package io.deltastreams.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.deltastreams.Jvm;
import io.netty.buffer.PooledByteBufAllocator;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many subscribers of one stream at a steady rate, a hundred at a high one and, of the feed, at the highest: the feed, behind a log with fsync, beside a broadcast of objects through
 * Quarkus REST in the same process. The subscribers are a process of their own on the same machine.
 *
 * <p>{@code -Dbench.subscribers=1000,5000,10000}, {@code -Dbench.rate=50} events a second to each, {@code -Dbench.seconds=20}.
 */
@QuarkusTest
@TestProfile(FanOutBenchIT.Profile.class)
@Tag("bench")
@SuppressWarnings("NullAway.Init") // Quarkus fills the fields
class FanOutBenchIT {

    private static final List<Integer> SUBSCRIBERS = Arrays.stream(
                    System.getProperty("bench.subscribers", "1000,5000,10000").split(",", -1))
            .map(Integer::valueOf)
            .toList();
    private static final int RATE = Integer.getInteger("bench.rate", 50);
    private static final int SECONDS = Integer.getInteger("bench.seconds", 20);
    private static final int FEW = 100;
    private static final int HIGH = 1_000;
    private static final int RESUMING = 500;

    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            try {
                Path folder = Files.createTempDirectory("fanout");
                Path pipeline =
                        Files.writeString(folder.resolve("pipeline.yaml"), """
                        source: { ticks: {} }
                        log: { path: %s, retention: { size: 1GB } }
                        streams:
                          ticks: { from: public.ticks, to: { feed: {} } }
                        """.formatted(folder.resolve("log")));
                return Map.of("delta-streams.file", pipeline.toString(), "delta-streams.feed.max-subscribers", "20000");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @TestHTTPResource
    URI home;

    @Inject
    @Identifier("ticks") Ticks ticks;

    @Inject
    NaiveFeed naive;

    /** Makes events. */
    private interface Sender {
        void send(int events) throws InterruptedException;
    }

    private record Contestant(String title, String path, Sender sender) {}

    private final List<String> rows = new ArrayList<>();

    @Test
    void many_subscribers_and_a_hundred_at_full_rate() throws Exception {
        Awaitility.await("the stream")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> RestAssured.get("/q/health/ready").statusCode() == 200);
        List<Contestant> contestants = List.of(
                new Contestant("feed", "/feeds/ticks", ticks::commit),
                new Contestant("naive broadcast", "/naive", this::sendNaively));
        for (int count : SUBSCRIBERS) {
            for (Contestant contestant : contestants) {
                run(contestant, count, RATE);
            }
        }
        for (Contestant contestant : contestants) {
            run(contestant, FEW, HIGH);
        }
        // Nothing holds a broadcast back: at the highest rate it would cut its subscribers off.
        run(contestants.getFirst(), FEW, Integer.MAX_VALUE);
        System.out.printf(
                "%n%-18s %12s %10s %12s %9s %9s %9s %14s %14s%n%s",
                "",
                "subscribers",
                "events/s",
                "delivered/s",
                "p50 ms",
                "p99 ms",
                "max ms",
                "per CPU s",
                "KB each, idle",
                String.join("", rows));
    }

    /** An hour of the usual rate is there, and many ask for all of it at once. */
    @Test
    void many_resume_at_once_while_others_listen() throws Exception {
        Awaitility.await("the stream")
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(() -> RestAssured.get("/q/health/ready").statusCode() == 200);
        ticks.commit(1);
        Awaitility.await().until(() -> latest().compareTo("0001") > 0);
        String hourAgo = latest();
        for (int left = RATE * 3600; left > 0; left -= FEW) {
            ticks.commit(FEW);
        }
        Contestant live = new Contestant("feed", "/feeds/ticks", ticks::commit);
        try (Bystanders listeners = Bystanders.start(home.getPort(), live.path(), FEW)) {
            send(live, RATE, 5);
            String alone = listeners.measure(() -> send(live, RATE, SECONDS));
            try (Bystanders late = Bystanders.start(home.getPort(), "/feeds/ticks?after=" + hourAgo, RESUMING)) {
                String beside = listeners.measure(() -> late.events += Long.parseLong(
                        late.measure(() -> send(live, RATE, SECONDS)).split(" ", 2)[0]));
                System.out.printf(
                        "%n%d listeners at %d events/s: events, p50, p99, max ms: %s; while %d resume from an hour ago: %s (those took %,.0f events/s)%n",
                        FEW, RATE, alone, RESUMING, beside, (double) late.events / SECONDS);
                assertThat(late.events).isPositive();
            }
        }
    }

    private static String latest() {
        return RestAssured.get("/feeds").jsonPath().getString("streams[0].latest");
    }

    /** A crowd that is told when to begin and when to end counting. */
    private static final class Bystanders implements AutoCloseable {

        private final Process process;
        private final BufferedReader out;
        private final Writer in;
        private long events;

        private Bystanders(Process process) {
            this.process = process;
            this.out = process.inputReader();
            this.in = process.outputWriter();
        }

        static Bystanders start(int port, String path, int count) throws IOException {
            Bystanders crowd =
                    new Bystanders(Jvm.of(Crowd.class, "512m", Integer.toString(port), path, Integer.toString(count))
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
            assertThat(crowd.out.readLine()).isEqualTo("connected");
            return crowd;
        }

        /** What happens meanwhile. */
        private interface Meanwhile {
            long run() throws InterruptedException, IOException;
        }

        /** Events, and p50, p99 and the longest time that one took, in milliseconds. */
        String measure(Meanwhile meanwhile) throws InterruptedException, IOException {
            tell(in, "begin");
            meanwhile.run();
            tell(in, "end");
            return out.readLine();
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    private void sendNaively(int events) {
        for (int i = 0; i < events; i++) {
            naive.send(new NaiveFeed.Tick(i, System.nanoTime(), Ticks.NOTE));
        }
    }

    private void run(Contestant contestant, int subscribers, int rate) throws Exception {
        long before = memory();
        Process crowd = Jvm.of(
                        Crowd.class,
                        "512m",
                        Integer.toString(home.getPort()),
                        contestant.path(),
                        Integer.toString(subscribers))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = crowd.inputReader();
                Writer in = crowd.outputWriter()) {
            assertThat(out.readLine()).as(contestant.title()).isEqualTo("connected");
            double each = (memory() - before) / 1024.0 / subscribers;
            send(contestant, rate, 5);
            tell(in, "begin");
            long cpu = cpu();
            long begun = System.nanoTime();
            long sent = send(contestant, rate, SECONDS);
            double seconds = (System.nanoTime() - begun) / 1e9;
            double used = (cpu() - cpu) / 1e9;
            tell(in, "end");
            String[] seen = out.readLine().split(" ", -1);
            long events = Long.parseLong(seen[0]);
            rows.add(String.format(
                    Locale.ROOT,
                    "%-18s %,12d %,10.0f %,12.0f %9s %9s %9s %,14.0f %14.1f%n",
                    contestant.title(),
                    subscribers,
                    sent / seconds,
                    events / seconds,
                    seen[1],
                    seen[2],
                    seen[3],
                    events / used,
                    each));
            assertThat(events).as("delivered").isPositive();
        } finally {
            crowd.destroyForcibly();
            crowd.waitFor();
        }
        Awaitility.await("the subscribers' going")
                .atMost(Duration.ofSeconds(30))
                .until(() -> RestAssured.get("/feeds").jsonPath().getInt("streams[0].subscribers") == 0);
    }

    private static void tell(Writer in, String command) throws IOException {
        in.write(command + "\n");
        in.flush();
    }

    /** Sends for so many seconds; gives how many. */
    private static long send(Contestant contestant, int rate, int seconds) throws InterruptedException {
        long begun = System.nanoTime();
        long end = begun + seconds * 1_000_000_000L;
        long sent = 0;
        while (System.nanoTime() < end) {
            if (rate == Integer.MAX_VALUE) {
                contestant.sender().send(FEW);
                sent += FEW;
                continue;
            }
            contestant.sender().send(1);
            sent++;
            for (long left = begun + sent * 1_000_000_000L / rate - System.nanoTime();
                    left > 0;
                    left = begun + sent * 1_000_000_000L / rate - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        return sent;
    }

    private static long cpu() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Heap in use once nothing is left to collect, and what the server's buffers take beside it, in bytes. */
    private static long memory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                + PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }
}
