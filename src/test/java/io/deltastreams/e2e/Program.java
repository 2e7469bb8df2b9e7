package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * What the build has made last, as a user starts it: the JAR on this JVM, or the native executable. Quarkus notes it in
 * {@code target/quarkus-artifact.properties}, where its own integration tests look, too.
 *
 * <p>A JVM records what it looks up by name ({@link io.deltastreams.nativeimage.agent}) where the property {@code test.lookups} names a folder.
 */
final class Program {

    private static final Path TARGET = Path.of("target").toAbsolutePath();

    /** Leaves out the compiler that pays off after minutes: for tests, whose services start often and live for seconds. */
    static final String QUICK = "-XX:TieredStopAtLevel=1";

    private Program() {}

    /**
     * The option by which what goes to Kafka is compressed: the integration tests share the types out, as each is a library of its own.
     *
     * @param type {@code gzip}, {@code snappy}, {@code lz4}, {@code zstd}
     */
    static String compressing(String type) {
        return "-Dmp.messaging.outgoing.kafka.compression.type=" + type;
    }

    static boolean isNative() {
        return "native".equals(artifact().getProperty("type"));
    }

    /**
     * @param options of the JVM; the executable takes those of the heap and properties, and does without the rest
     * @param recorded whether a JVM records, which makes its start some seconds longer
     */
    static List<String> command(List<String> options, boolean recorded) {
        List<String> command = new ArrayList<>();
        if (isNative()) {
            command.add(TARGET.resolve(artifact().getProperty("path")).toString());
            options.stream()
                    .filter(option -> option.startsWith("-Xm") || option.startsWith("-D"))
                    .forEach(command::add);
            return command;
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        String lookups = System.getProperty("test.lookups", "");
        if (recorded && !lookups.isEmpty()) {
            command.add("-javaagent:" + System.getProperty("test.lookups.agent") + "=" + lookups);
        }
        command.addAll(
                List.of("-jar", TARGET.resolve("quarkus-app/quarkus-run.jar").toString()));
        return command;
    }

    private static Properties artifact() {
        Properties artifact = new Properties();
        try (Reader reader = Files.newBufferedReader(TARGET.resolve("quarkus-artifact.properties"), UTF_8)) {
            artifact.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is built, see the README: ./mvnw package", e);
        }
        return artifact;
    }
}
