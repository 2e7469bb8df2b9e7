package io.deltastreams.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;

/** The build has rewritten the package that the other tests of it run. */
@DisabledIf(value = "io.deltastreams.e2e.Program#isNative", disabledReason = "an executable has its classes in itself")
class CanonicalBytecodeIT {

    @Test
    void the_packages_classes_have_the_canonical_form() throws IOException {
        Map<String, byte[]> packaged = CanonicalBytecode.classes(
                CanonicalBytecode.files(Path.of("target/quarkus-app/quarkus/generated-bytecode.jar")));

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
