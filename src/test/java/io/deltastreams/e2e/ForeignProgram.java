package io.deltastreams.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.bootstrap.resolver.maven.BootstrapMavenContext;
import io.quarkus.bootstrap.resolver.maven.BootstrapMavenException;
import io.quarkus.bootstrap.resolver.maven.MavenArtifactResolver;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.aether.DefaultRepositorySystemSession;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.graph.Dependency;

/**
 * A program that others wrote, or a page of {@code src/test/foreign} over libraries of others, in a process with a class path of its own: none of it
 * meets what the build has.
 */
final class ForeignProgram {

    private static final long MINUTES = 5;

    private final List<String> command;

    private ForeignProgram(List<String> command) {
        this.command = command;
    }

    /**
     * A Java program.
     *
     * @param main its class, or a source file
     * @param libraries from {@link #libraries}, and folders
     */
    static ForeignProgram java(String main, List<String> options, List<Path> libraries, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath(libraries), main));
        command.addAll(List.of(arguments));
        return new ForeignProgram(command);
    }

    static ForeignProgram installed(String... command) {
        return new ForeignProgram(List.of(command));
    }

    static String classPath(List<Path> libraries) {
        return libraries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** The files of {@code group:artifact[:extension:classifier]:version}; what they need comes along. */
    static List<Path> libraries(String... artifacts) {
        try {
            BootstrapMavenContext maven =
                    new BootstrapMavenContext(BootstrapMavenContext.config().setWorkspaceDiscovery(false));
            // Where a library's own description would have more fetched from is not asked: the build's repositories are
            // enough.
            MavenArtifactResolver resolver = MavenArtifactResolver.builder()
                    .setRepositorySystem(maven.getRepositorySystem())
                    .setRepositorySystemSession(new DefaultRepositorySystemSession(maven.getRepositorySystemSession())
                            .setIgnoreArtifactDescriptorRepositories(true))
                    .setRemoteRepositories(maven.getRemoteRepositories())
                    .build();
            List<Dependency> wanted = Stream.of(artifacts)
                    .map(artifact -> new Dependency(new DefaultArtifact(artifact), "runtime"))
                    .toList();
            return resolver
                    .resolveDependencies(wanted.getFirst().getArtifact(), wanted.subList(1, wanted.size()))
                    .getArtifactResults()
                    .stream()
                    .map(result -> result.getArtifact().getFile().toPath())
                    .toList();
        } catch (BootstrapMavenException e) {
            throw new IllegalStateException("cannot resolve " + List.of(artifacts), e);
        }
    }

    /** Runs it to its end, which has to be a good one; gives the lines that it printed. What else it said is in {@code log}. */
    List<String> lines(Path log) throws IOException, InterruptedException {
        Path printed = Files.createTempFile(log.getParent(), "printed", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectOutput(printed.toFile())
                .redirectError(log.toFile())
                .start();
        try {
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES))
                    .as("%s ends, see %s", command.getFirst(), log)
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue())
                .as(() -> "%s: %s".formatted(command.getLast(), said(log)))
                .isZero();
        return Files.readAllLines(printed, UTF_8);
    }

    private static String said(Path log) {
        try {
            String said = Files.readString(log, UTF_8);
            return said.substring(Math.max(0, said.length() - 4000));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
