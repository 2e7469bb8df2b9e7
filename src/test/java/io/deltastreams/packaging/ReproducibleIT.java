package io.deltastreams.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Whoever builds the same sources, elsewhere, in another zone and language, gets the same package byte by byte. */
@Tag("torture")
@DisabledIf(
        value = "io.deltastreams.e2e.Program#isNative",
        disabledReason = "native-image does not promise the same bytes")
class ReproducibleIT {

    private static final Set<String> NO_SOURCES = Set.of(".git", "target", "data");

    @TempDir
    Path elsewhere;

    // Some orders are the one or the other, by chance.
    @RepeatedTest(5)
    void a_build_elsewhere_gives_the_same_package() throws Exception {
        copySources(Path.of(""), elsewhere);
        ProcessBuilder maven = new ProcessBuilder("./mvnw", "-B", "-ntp", "package", "-DskipTests")
                .directory(elsewhere.toFile())
                .redirectErrorStream(true)
                .redirectOutput(elsewhere.resolve("build.log").toFile());
        maven.environment().putAll(Map.of("TZ", "Asia/Tokyo", "LC_ALL", "C"));
        Process build = maven.start();
        try {
            assertThat(build.waitFor()).as(this::log).isZero();
        } finally {
            build.destroyForcibly();
        }

        Map<String, String> there = digests(elsewhere.resolve("target"));

        assertThat(there).hasSizeGreaterThan(100);
        assertThat(there).containsExactlyInAnyOrderEntriesOf(digests(Path.of("target")));
    }

    private String log() {
        try {
            return Files.readString(elsewhere.resolve("build.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void copySources(Path from, Path to) throws IOException {
        try (Stream<Path> top = Files.list(from.toAbsolutePath())) {
            for (Path part : top.filter(
                            path -> !NO_SOURCES.contains(path.getFileName().toString()))
                    .toList()) {
                copy(part, to.resolve(part.getFileName()));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    /** What is put into a container: the package, and its bill of materials. */
    private static Map<String, String> digests(Path target) throws IOException, NoSuchAlgorithmException {
        Map<String, String> digests = new TreeMap<>();
        for (String part : List.of("quarkus-app", "delta-streams-sbom.json")) {
            try (Stream<Path> files = Files.walk(target.resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                    digests.put(
                            target.relativize(file).toString(), HexFormat.of().formatHex(digest));
                }
            }
        }
        return digests;
    }
}
