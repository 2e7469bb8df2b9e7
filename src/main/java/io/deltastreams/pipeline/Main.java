package io.deltastreams.pipeline;

import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The command line: arguments stand before the environment, under the same names. */
@QuarkusMain
public final class Main {

    static final String CAUGHT_UP = "caught-up";

    static final int MISUSED = 64;

    private static final String USAGE = """
            Delta Streams: a database's transaction log as live feeds and Kafka topics.

              --file FILE          the pipeline file (DELTA_STREAMS_FILE; delta-streams.yaml)
              --until caught-up    end by itself once everything is delivered that was there at the start (DELTA_STREAMS_UNTIL)
              --within DURATION    with --until: end with exit code 75 where that takes longer, such as 10m (DELTA_STREAMS_WITHIN)
              --help               print this

            Exit codes: 0 done, 1 a stream or the log has stopped, 2 the pipeline cannot run, 64 wrong arguments, 75 not within the time.
            """;

    private static final Map<String, String> SETTINGS = Map.of(
            "--file", "delta-streams.file", "--until", "delta-streams.until", "--within", "delta-streams.within");

    private Main() {}

    public static void main(String... arguments) {
        Optional<Integer> end = read(List.of(arguments), System.out, System.err);
        if (end.isPresent()) {
            System.exit(end.get());
        }
        if (ImageMode.current() == ImageMode.NATIVE_RUN) {
            pollByPlatformThreads();
        }
        Quarkus.run();
    }

    /**
     * How the JDK wakes virtual threads that wait for a socket. By default it does so by further virtual threads, and in an executable
     * ({@code native-image} 25) one of them may sleep for good: it registers what it waits for, then runs into the initializer of
     * {@code sun.nio.ch.Poller}, which another thread is at, and as that wait is a park like any other, the wake-up that meanwhile came is
     * used up. Every read of a socket by a virtual thread then hangs, the database's first of all. Of an executable's starts under load about
     * one in a hundred did; with platform threads, which are the other mode, none of 4,000.
     */
    private static void pollByPlatformThreads() {
        System.getProperties().putIfAbsent("jdk.pollerMode", "1");
    }

    /** Sets what the arguments say; gives the exit code where nothing is to be run. */
    static Optional<Integer> read(List<String> arguments, PrintStream out, PrintStream err) {
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            String argument = rest.pop();
            if (argument.equals("--help")) {
                out.print(USAGE);
                return Optional.of(0);
            }
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            String setting = SETTINGS.get(name);
            if (setting == null) {
                return misused(err, "'%s' is no argument of this program".formatted(name));
            }
            String value = equals < 0 ? rest.poll() : argument.substring(equals + 1);
            if (value == null) {
                return misused(err, name + " lacks its value");
            }
            Optional<String> problem = problem(name, value);
            if (problem.isPresent()) {
                return misused(err, problem.get());
            }
            System.setProperty(setting, value);
        }
        return Optional.empty();
    }

    private static Optional<Integer> misused(PrintStream err, String problem) {
        err.printf("%s%n%n%s", problem, USAGE);
        return Optional.of(MISUSED);
    }

    private static Optional<String> problem(String name, String value) {
        return switch (name) {
            case "--until" ->
                value.equals(CAUGHT_UP)
                        ? Optional.empty()
                        : Optional.of("--until: '%s' is nothing to run until; write caught-up".formatted(value));
            case "--within" ->
                value.matches("(?i)\\d+(ms|s|m|h|d)?|P.*")
                        ? Optional.empty()
                        : Optional.of("--within: '%s' is no duration; write 90s, 10m or 1h".formatted(value));
            default -> Optional.empty();
        };
    }
}
