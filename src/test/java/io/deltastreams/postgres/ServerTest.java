package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.deltastreams.postgres.Server.Host;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTest {

    private static Server read(String url) {
        Settings settings = Settings.parse("f.yaml", "url: '" + url + "'", _ -> null);
        Server server = Server.read(settings);
        settings.check();
        return server;
    }

    @Test
    void all_parts_of_a_url() {
        Server server = read(
                "postgresql://us%40er:p%2Fw:d@one:5433,[::1]/shop%20db?sslmode=verify-full&sslrootcert=/ca.pem&target_session_attrs=read-write&connect_timeout=3");

        assertThat(server.hosts()).containsExactly(new Host("one", 5433), new Host("::1", 5432));
        assertThat(server.user()).isEqualTo("us@er");
        assertThat(server.password()).isEqualTo("p/w:d");
        assertThat(server.database()).isEqualTo("shop db");
        assertThat(server.options())
                .isEqualTo(Map.of(
                        "sslmode", "verify-full",
                        "sslrootcert", "/ca.pem",
                        "targetServerType", "primary",
                        "connectTimeout", "3"));
        assertThat(server).hasToString("one:5433,[::1]:5432/shop db");
    }

    @Test
    void what_stands_nowhere() {
        Server server = read("jdbc:postgresql://localhost/shop");

        assertThat(server.user()).isEqualTo("postgres");
        assertThat(server.password()).isEmpty();
        assertThat(server.jdbcUrl()).isEqualTo("jdbc:postgresql://localhost:5432/shop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://localhost/shop",
                "postgresql://localhost",
                "postgresql:///shop",
                "postgresql://localhost:port/shop",
                "postgresql://one,,two/shop"
            })
    void what_is_no_url(String url) {
        assertThat(catchThrowableOfType(InvalidSettings.class, () -> read(url)))
                .hasMessageContaining("must look like postgresql://user:password@host:5432/database");
    }

    @Test
    void a_session_attribute_that_is_none() {
        assertThat(catchThrowableOfType(
                        InvalidSettings.class, () -> read("postgresql://localhost/shop?target_session_attrs=master")))
                .hasMessageContaining("target_session_attrs=master must be one of any, read-write");
    }
}
