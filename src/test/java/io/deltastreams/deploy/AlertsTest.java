package io.deltastreams.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without promtool too: what is asked for exists (io.deltastreams.ops.MonitoredTest), is tested, and tells what to do. */
class AlertsTest {

    @Test
    void prometheus_takes_the_rules() throws Exception {
        Tool.run("promtool", "check", "rules", Alerts.RULES.toString());
    }

    @Test
    void each_is_told_when_it_should_be_and_only_then() throws Exception {
        Tool.run("promtool", "test", "rules", Alerts.TESTS.toString());
    }

    @Test
    void prometheus_takes_the_dashboards_questions(@TempDir Path scratch) throws Exception {
        String rules = Alerts.dashboard().stream()
                .map(expression -> expression.replace("$__rate_interval", "5m"))
                .map(expression -> "  - {record: r, expr: '%s'}".formatted(expression.replace("'", "''")))
                .collect(Collectors.joining("\n", "groups:\n- name: dashboard\n  rules:\n", "\n"));
        Path file = Files.writeString(scratch.resolve("dashboard.yaml"), rules);

        Tool.run("promtool", "check", "rules", "--lint=none", file.toString());
    }

    @Test
    void every_alert_has_a_test() {
        List<String> tested = Values.list(Values.read(Alerts.TESTS), "tests").stream()
                .flatMap(test -> Values.list(test, "alert_rule_test").stream())
                .map(Values::map)
                .filter(test -> !Values.list(test, "exp_alerts").isEmpty())
                .map(test -> String.valueOf(test.get("alertname")))
                .toList();

        assertThat(Alerts.all().stream().map(Alerts.Alert::name)).isNotEmpty().allMatch(tested::contains);
    }

    @Test
    void every_alert_says_what_is_wrong_what_to_do_and_where_to_read_on() throws IOException {
        Path docs = Path.of("docs/deploy.md");
        List<String> anchors = Arrays.stream(Files.readString(docs).split("\n"))
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .toList();

        assertThat(Alerts.all()).allSatisfy(alert -> {
            Map<String, Object> annotations = alert.annotations();
            assertThat(annotations).containsOnlyKeys("summary", "description", "runbook");
            String[] runbook = String.valueOf(annotations.get("runbook")).split("#", 2);
            assertThat(runbook[0]).isEqualTo(docs.toString());
            assertThat(anchors).contains(runbook[1]);
        });
    }

    @Test
    void names_are_told_from_functions_labels_and_texts() {
        assertThat(
                        Alerts.metrics(
                                "max by (space) (rate(a_total{b_c=~\"d_e\"}[$__rate_interval])) > 0.8 * f_bytes unless on (job) up == 1"))
                .containsExactlyInAnyOrder("a_total", "f_bytes");
        assertThat(Alerts.metrics("count_over_time(a_up[1h]) > 0")).containsExactly("a_up");
    }
}
