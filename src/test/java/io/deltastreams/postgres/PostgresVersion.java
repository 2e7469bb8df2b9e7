package io.deltastreams.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The servers that tests run against: the newest is in the class path, the others lie where the build has unpacked them. */
public enum PostgresVersion {
    V14,
    V15,
    V16,
    V17,
    V18;

    /** As their artifacts name it. */
    private static final String ARCHIVE = "postgres-linux-x86_64.txz";

    private int number() {
        return Integer.parseInt(name().substring(1));
    }

    EmbeddedPostgres.Builder builder() {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder();
        return this == V18 ? builder : builder.setPgBinaryResolver((_, _) -> archive());
    }

    private InputStream archive() throws IOException {
        Path archive = Path.of("target", "postgres", Integer.toString(number()), ARCHIVE);
        if (!Files.exists(archive)) {
            throw new IllegalStateException("PostgreSQL %d is not in %s: ./mvnw process-test-resources puts it there"
                    .formatted(number(), archive));
        }
        return Files.newInputStream(archive);
    }

    /** For what a server can from a version on. */
    public boolean isAtLeast(PostgresVersion other) {
        return compareTo(other) >= 0;
    }
}
