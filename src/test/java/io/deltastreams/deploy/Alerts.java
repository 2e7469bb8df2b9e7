package io.deltastreams.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rules and the dashboard of {@code deploy/monitoring}. */
public final class Alerts {

    static final Path FOLDER = Path.of("deploy/monitoring");
    static final Path RULES = FOLDER.resolve("alerts.yaml");
    static final Path TESTS = FOLDER.resolve("alerts.test.yaml");
    static final Path DASHBOARD = FOLDER.resolve("dashboard.json");

    /** A name that is not a function: nothing opens behind it. What a selector holds is cut out before. */
    private static final Pattern NAME = Pattern.compile("\\b([a-z][a-z0-9]*(?:_[a-z0-9]+)+)\\b(?!\\s*\\()");

    private static final Pattern SELECTORS = Pattern.compile("\\{[^}]*}");

    /** Prometheus' own of every target, and cAdvisor's of a container. */
    private static final Set<String> OTHERS = Set.of("container_memory_working_set_bytes");

    private Alerts() {}

    /** @param annotations texts for who is woken */
    record Alert(String name, String expression, Map<String, Object> annotations) {}

    static List<Alert> all() {
        return Values.list(Values.read(RULES), "groups").stream()
                .flatMap(group -> Values.list(group, "rules").stream())
                .map(Values::map)
                .map(rule -> new Alert(
                        String.valueOf(rule.get("alert")),
                        String.valueOf(rule.get("expr")),
                        Values.map(rule.getOrDefault("annotations", Map.of()))))
                .toList();
    }

    /** The service's metrics that rules or dashboard ask for. */
    public static Set<String> metrics() throws IOException {
        Set<String> names = new TreeSet<>();
        all().forEach(alert -> names.addAll(metrics(alert.expression())));
        dashboard().forEach(expression -> names.addAll(metrics(expression)));
        names.removeAll(OTHERS);
        return names;
    }

    static Set<String> metrics(String expression) {
        Set<String> names = new TreeSet<>();
        Matcher matcher = NAME.matcher(SELECTORS.matcher(expression).replaceAll(" "));
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    /** The expressions of the dashboard's panels and variables. */
    static List<String> dashboard() throws IOException {
        // JSON is YAML.
        Map<String, Object> dashboard = Values.map(Values.yaml().load(Files.readString(DASHBOARD)));
        Stream<String> panels = Values.list(dashboard, "panels").stream()
                .filter(panel -> Values.map(panel).containsKey("targets"))
                .flatMap(panel -> Values.list(panel, "targets").stream())
                .map(target -> String.valueOf(Values.map(target).get("expr")));
        Stream<String> variables = Values.list(dashboard, "templating", "list").stream()
                .map(Values::map)
                .filter(variable -> "query".equals(variable.get("type")))
                .map(variable ->
                        String.valueOf(variable.get("definition")).replaceAll("label_values\\((.*),.*\\)", "$1"));
        return Stream.concat(panels, variables).toList();
    }
}
