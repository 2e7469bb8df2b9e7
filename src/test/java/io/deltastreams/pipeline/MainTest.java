package io.deltastreams.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MainTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private @Nullable Integer read(String... arguments) {
        return Main.read(List.of(arguments), new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8))
                .orElse(null);
    }

    @AfterEach
    void forget() {
        List.of("file", "until", "within").forEach(name -> System.clearProperty("delta-streams." + name));
    }

    @Test
    void arguments_are_settings() {
        assertThat(read("--until", "caught-up", "--within=10m", "--file", "a.yaml"))
                .isNull();

        assertThat(System.getProperty("delta-streams.until")).isEqualTo("caught-up");
        assertThat(System.getProperty("delta-streams.within")).isEqualTo("10m");
        assertThat(System.getProperty("delta-streams.file")).isEqualTo("a.yaml");
    }

    @Test
    void without_any_it_runs_and_says_nothing() {
        assertThat(read()).isNull();
        assertThat(err.toString(UTF_8)).isEmpty();
    }

    @Test
    void help_is_printed() {
        assertThat(read("--help")).isZero();
        assertThat(out.toString(UTF_8)).contains("--until caught-up", "Exit codes: 0");
    }

    @Test
    void what_is_wrong_is_told_with_what_would_be_right() {
        assertThat(read("--untill", "caught-up")).isEqualTo(64);
        assertThat(read("--until")).isEqualTo(64);
        assertThat(read("--until", "noon")).isEqualTo(64);
        assertThat(read("--within", "soon")).isEqualTo(64);

        assertThat(err.toString(UTF_8))
                .contains(
                        "'--untill' is no argument of this program",
                        "--until lacks its value",
                        "--until: 'noon' is nothing to run until; write caught-up",
                        "--within: 'soon' is no duration; write 90s, 10m or 1h")
                .contains("--file FILE");
        assertThat(System.getProperty("delta-streams.until")).isNull();
    }
}
