package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code deploy/kubernetes} is what the chart renders with its defaults, for those who want no Helm. */
class PlainManifestsTest {

    private static final Path FOLDER = Path.of("deploy/kubernetes");
    private static final String RENEW = "renew-manifests";
    private static final String COMMAND = "./mvnw test -Dtest=PlainManifestsTest -D" + RENEW;

    private static final String HEAD = """
            # Rendered from deploy/helm/delta-streams with its defaults, and renewed by
            #   %s
            """.formatted(COMMAND);

    @Test
    void the_manifests_are_what_the_chart_renders() throws IOException {
        Map<String, String> rendered = rendered();
        if (System.getProperty(RENEW) != null) {
            renew(rendered);
        }
        if (!rendered.equals(present())) {
            fail("deploy/kubernetes differs from what the chart renders; renew it by%n  %s".formatted(COMMAND));
        }
    }

    @Test
    void kubernetes_types_take_every_field() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.filter(file -> !file.endsWith("kustomization.yaml"))
                            .flatMap(file -> Manifest.all(file).stream()))
                    .isNotEmpty();
        }
    }

    private static Map<String, String> rendered() {
        Map<String, String> files = new TreeMap<>();
        Chart.render(Chart.Variant.DEFAULTS).forEach((name, text) -> files.put(name, HEAD + text));
        files.put(
                "kustomization.yaml",
                HEAD
                        + """
                        # kubectl apply -k deploy/kubernetes, or a base of your own overlays.
                        apiVersion: kustomize.config.k8s.io/v1beta1
                        kind: Kustomization
                        resources:
                        %s
                        """.formatted(Chart.render(Chart.Variant.DEFAULTS).keySet().stream()
                                .sorted()
                                .map(name -> "  - " + name)
                                .collect(Collectors.joining("\n"))));
        return files;
    }

    private static Map<String, String> present() throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (Path file : files()) {
            files.put(file.getFileName().toString(), Files.readString(file));
        }
        return files;
    }

    private static void renew(Map<String, String> rendered) throws IOException {
        for (Path file : files()) {
            Files.delete(file);
        }
        Files.createDirectories(FOLDER);
        for (Map.Entry<String, String> file : rendered.entrySet()) {
            Files.writeString(FOLDER.resolve(file.getKey()), file.getValue());
        }
    }

    private static Set<Path> files() throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.collect(Collectors.toSet());
        }
    }
}
