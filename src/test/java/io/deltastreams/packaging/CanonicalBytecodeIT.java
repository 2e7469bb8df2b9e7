package io.deltastreams.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/** The build has rewritten the package that the other tests of it run. */
@DisabledIf(value = "io.deltastreams.e2e.Program#isNative", disabledReason = "an executable has its classes in itself")
class CanonicalBytecodeIT {

    @Test
    void the_packages_classes_have_the_canonical_form() throws IOException {
        Map<String, byte[]> packaged = new HashMap<>();
        try (JarFile jar = new JarFile("target/quarkus-app/quarkus/generated-bytecode.jar")) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                if (entry.getName().endsWith(".class")) {
                    try (InputStream content = jar.getInputStream(entry)) {
                        packaged.put(entry.getName(), content.readAllBytes());
                    }
                }
            }
        }

        Map<String, byte[]> canonical = CanonicalBytecode.rewritten(packaged);

        // What varies is still found where it is looked for.
        assertThat(canonical)
                .hasSizeGreaterThan(20)
                .containsKeys(
                        "io/quarkus/runtime/generated/SharedConfig.class",
                        "io/quarkus/runtime/generated/RunTimeConfigCustomizer.class");
        assertThat(packaged).containsAllEntriesOf(canonical);
    }
}
