package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/** The bill of materials names every library that is in the package. */
@DisabledIf(
        value = "io.deltastreams.e2e.Program#isNative",
        disabledReason = "an executable has its libraries in itself")
class SbomIT {

    @Test
    void every_library_of_the_package_is_named() throws IOException {
        JsonNode bill = new ObjectMapper()
                .readTree(Path.of("target/delta-streams-sbom.json").toFile());
        Set<String> named = new HashSet<>();
        for (JsonNode component : bill.get("components")) {
            if (!component.path("scope").asText().equals("optional")) {
                named.add("%s.%s-%s"
                        .formatted(
                                component.get("group").asText(),
                                component.get("name").asText(),
                                component.get("version").asText()));
            }
        }
        Set<String> packaged = new HashSet<>();
        for (String folder : List.of("main", "boot")) {
            try (Stream<Path> files =
                    Files.list(Path.of("target/quarkus-app/lib").resolve(folder))) {
                files.map(file -> file.getFileName().toString())
                        .map(name -> name.substring(0, name.length() - ".jar".length()))
                        .forEach(packaged::add);
            }
        }

        assertThat(bill.get("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(packaged).hasSizeGreaterThan(100);
        assertThat(packaged)
                .allSatisfy(library ->
                        assertThat(named).anySatisfy(name -> assertThat(library).startsWith(name)));
    }
}
