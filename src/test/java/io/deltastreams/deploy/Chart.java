package io.deltastreams.deploy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Helm chart, rendered by Helm itself, which runs as a library. */
public final class Chart {

    static final Path FOLDER = Path.of("deploy/helm/delta-streams");

    /** What it is rendered with. */
    enum Variant {
        /** Its own values, which deploy/kubernetes is made with. */
        DEFAULTS,
        /** Everything that can be switched on. */
        EVERYTHING,
        /** A second instance for capture, and nothing that can be switched off. */
        STANDBY;

        private Path[] files() {
            return this == DEFAULTS
                    ? new Path[0]
                    : new Path[] {Path.of("src/test/resources/deploy", name().toLowerCase(Locale.ROOT) + ".yaml")};
        }
    }

    /** The oldest that the chart takes. */
    private static final String KUBERNETES = "1.30.0";

    private static final String SOURCE = "# Source: delta-streams/templates/";

    private Chart() {}

    /** What Helm sends to Kubernetes, by the template that it comes from. */
    static Map<String, String> render(Variant variant) {
        return render(variant.files());
    }

    static Map<String, String> render(Path... values) {
        TemplateCommand command =
                new Helm(FOLDER).template().withName("delta-streams").withKubeVersion(KUBERNETES);
        for (Path file : values) {
            command = command.withValuesFile(file);
        }
        return byTemplate(command.call());
    }

    /** All documents, by the template that they come from. */
    static List<Manifest> manifests(Variant variant) {
        return render(variant).entrySet().stream()
                .flatMap(file -> Manifest.all(file.getKey(), file.getValue()).stream())
                .toList();
    }

    private static Map<String, String> byTemplate(String rendered) {
        return Arrays.stream(rendered.split("(?m)^---$"))
                .map(String::strip)
                .filter(document -> document.startsWith(SOURCE))
                .collect(Collectors.groupingBy(
                        document -> document.substring(SOURCE.length(), document.indexOf('\n')),
                        LinkedHashMap::new,
                        Collectors.mapping(
                                document -> document.substring(document.indexOf('\n') + 1),
                                Collectors.joining("\n---\n", "", "\n"))));
    }

    /** Helm's own judgement, of a copy that has these values for its defaults. */
    static LintResult lint(Path scratch, Variant variant) throws IOException {
        Path copy = scratch.resolve("delta-streams");
        copy(copy);
        for (Path file : variant.files()) {
            Files.writeString(copy.resolve("values.yaml"), Values.merged(FOLDER.resolve("values.yaml"), file));
        }
        return new Helm(copy).lint().strict().call();
    }

    private static void copy(Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER, FileVisitOption.FOLLOW_LINKS)) {
            files.forEach(file -> {
                try {
                    Files.copy(file, copy.resolve(FOLDER.relativize(file).toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
