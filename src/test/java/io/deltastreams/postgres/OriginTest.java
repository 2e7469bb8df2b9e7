package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.deltastreams.settings.Settings;
import io.deltastreams.source.SourceFailure;
import org.junit.jupiter.api.Test;

class OriginTest {

    private static PostgresSettings origin(String origin) {
        return PostgresSettings.read(Settings.parse(
                "f.yaml",
                "{ url: postgresql://localhost/shop, tables: [public.orders], origin: %s }".formatted(origin),
                _ -> null));
    }

    @Test
    void a_server_that_does_not_know_origins_is_told() {
        SourceFailure failure =
                catchThrowableOfType(SourceFailure.class, () -> Inspection.checkOrigin(origin("none"), 150_018));

        assertThat(failure.kind()).isEqualTo(SourceFailure.Kind.PERMANENT);
        assertThat(failure)
                .hasMessage("source.postgresql.origin: none needs PostgreSQL 16 or later,"
                        + " and localhost:5432/shop runs 15");
        assertThat(failure.remedy()).startsWith("write origin: any, or leave it out");
    }

    @Test
    void one_that_knows_them_or_is_not_asked_for_them_is_right() {
        assertThatCode(() -> Inspection.checkOrigin(origin("none"), 160_000)).doesNotThrowAnyException();
        assertThatCode(() -> Inspection.checkOrigin(origin("any"), 140_000)).doesNotThrowAnyException();
    }
}
