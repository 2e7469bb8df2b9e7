package io.deltastreams.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

    private enum Colour {
        RED,
        DARK_BLUE
    }

    private static Settings parse(String yaml) {
        return Settings.parse("file.yaml", yaml, Map.of("HOST", "db", "EMPTY", "")::get);
    }

    private static List<String> problems(Settings settings) {
        settings.finish();
        try {
            settings.check();
            return List.of();
        } catch (InvalidSettings e) {
            return e.problems().stream().map(Problem::toString).toList();
        }
    }

    @Test
    void typed_values_are_read() {
        Settings settings = parse("""
                text: hello
                flag: true
                number: 42
                duration: 1500ms
                size: 20GB
                choice: dark-blue
                list: [a, "b"]
                one: c
                nested: { deep: x }
                """);
        assertThat(settings.text("text")).isEqualTo("hello");
        assertThat(settings.flag("flag", false)).isTrue();
        assertThat(settings.number("number", 1, 0, 100)).isEqualTo(42);
        assertThat(settings.duration("duration", Duration.ZERO)).isEqualTo(Duration.ofMillis(1500));
        assertThat(settings.size("size", 0)).isEqualTo(20L << 30);
        assertThat(settings.choice("choice", Colour.RED)).isEqualTo(Colour.DARK_BLUE);
        assertThat(settings.texts("list")).containsExactly("a", "b");
        assertThat(settings.texts("one")).containsExactly("c");
        assertThat(settings.section("nested").text("deep")).isEqualTo("x");
        assertThat(problems(settings)).isEmpty();
    }

    @Test
    void what_is_missing_gives_its_default() {
        Settings settings = parse("other: 1");
        assertThat(settings.has("other")).isTrue();
        assertThat(settings.text("text", "default")).isEqualTo("default");
        assertThat(settings.duration("duration", Duration.ofDays(7))).isEqualTo(Duration.ofDays(7));
        assertThat(settings.section("nested").texts("list")).isEmpty();
        assertThat(problems(settings)).isEmpty();
    }

    @Test
    void an_unknown_key_is_told_with_its_place_and_the_nearest_known_one() {
        Settings settings = parse("log:\n  pth: x\n");
        settings.section("log").text("path", "");
        assertThat(problems(settings)).containsExactly("file.yaml:2:3: log.pth: unknown key; did you mean 'path'?");
    }

    @Test
    void an_unknown_key_unlike_any_other_is_told_with_all_known_ones() {
        Settings settings = parse("zebra: 1");
        settings.text("path", "");
        settings.text("size", "");
        assertThat(problems(settings)).containsExactly("file.yaml:1:1: zebra: unknown key; known here: path, size");
    }

    @Test
    void every_wrong_value_is_told_at_once_in_the_order_of_the_file() {
        Settings settings = parse("""
                flag: maybe
                number: 101
                duration: 5 weeks
                size: 99999999999GB
                choice: green
                """);
        settings.choice("choice", Colour.RED);
        settings.size("size", 0);
        settings.duration("duration", Duration.ZERO);
        settings.number("number", 1, 0, 100);
        settings.flag("flag", false);
        assertThat(problems(settings))
                .containsExactly(
                        "file.yaml:1:7: flag: 'maybe' must be true or false",
                        "file.yaml:2:9: number: '101' must be a whole number within 0 and 100",
                        "file.yaml:3:11: duration: '5 weeks' must be a duration such as 500ms, 30s, 5m, 12h or 7d",
                        "file.yaml:4:7: size: '99999999999GB' must be a size such as 64KB, 512MB or 20GB",
                        "file.yaml:5:9: choice: 'green' must be one of red, dark-blue");
    }

    @Test
    void a_required_text_that_is_missing_is_told() {
        Settings settings = parse("source:\n  kind: x");
        Settings source = settings.section("source");
        source.text("kind");
        source.text("url");
        assertThat(problems(settings)).containsExactly("file.yaml:1:1: source: 'url' is missing");
    }

    @Test
    void variables_come_from_the_environment_or_their_default() {
        Settings settings = parse("url: postgresql://${HOST}:${PORT:5432}/${EMPTY}${NONE:}");
        assertThat(settings.text("url")).isEqualTo("postgresql://db:5432/");
        assertThat(problems(settings)).isEmpty();
    }

    @Test
    void a_variable_that_is_not_set_is_told_with_what_to_do() {
        Settings settings = parse("url: ${DATABASE_URL}");
        settings.text("url");
        assertThat(problems(settings))
                .containsExactly("file.yaml:1:6: url: the environment variable DATABASE_URL is not set; set it or write"
                        + " ${DATABASE_URL:default}");
    }

    @Test
    void a_text_where_a_section_belongs_is_told() {
        Settings settings = parse("log: data");
        settings.section("log");
        assertThat(problems(settings)).containsExactly("file.yaml:1:6: log: must be a section of keys and values");
    }

    @Test
    void text_that_is_no_yaml_is_told_with_its_place() {
        assertThatThrownBy(() -> parse("a: [1, 2\nb: 3"))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageStartingWith("file.yaml:2:");
        assertThatThrownBy(() -> parse("- a\n- b")).isInstanceOf(InvalidSettings.class);
        assertThatThrownBy(() -> parse("")).isInstanceOf(InvalidSettings.class);
    }

    @Test
    void a_key_that_stands_twice_is_told() {
        assertThatThrownBy(() -> {
                    Settings settings = parse("a: 1\na: 2");
                    settings.text("a");
                    settings.check();
                })
                .isInstanceOf(InvalidSettings.class)
                .hasMessageContaining("file.yaml:2:1");
    }
}
