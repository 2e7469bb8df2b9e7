package io.deltastreams.settings;

import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One mapping of a YAML file, read key by key. Every read marks its key as known; {@link #finish} then tells the keys that nobody asked
 * for, each with the nearest known one. A wrong value never throws: it becomes a {@link Problem} and the read gives its default, so that a
 * user sees all that is wrong in one go; {@link #check} throws them. {@code ${NAME}} and {@code ${NAME:default}} in values are replaced from
 * the environment. Not thread-safe.
 */
public final class Settings {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_.]*)(?::([^}]*))?}");
    private static final Pattern DURATION = Pattern.compile("(\\d+)\\s*(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(B|KB|MB|GB|TB)", Pattern.CASE_INSENSITIVE);
    private static final List<String> SIZES = List.of("B", "KB", "MB", "GB", "TB");

    /** What all sections of one file share. */
    private record Source(String file, Function<String, @Nullable String> environment, List<Problem> problems) {}

    private final Source source;
    private final String path;
    private final Mark mark;
    private final Map<String, NodeTuple> entries = new LinkedHashMap<>();
    private final Set<String> known = new LinkedHashSet<>();
    private final List<Settings> children = new ArrayList<>();

    private Settings(Source source, String path, Mark mark, @Nullable MappingNode node) {
        this.source = source;
        this.path = path;
        this.mark = mark;
        if (node != null) {
            node.getValue().forEach(this::enter);
        }
    }

    /**
     * Parses YAML text whose top is a mapping.
     *
     * @param file the name to be told in problems
     * @param environment value of a variable, null where it is not set
     * @throws InvalidSettings if it is no YAML, or its top no mapping
     */
    public static Settings parse(String file, String yaml, Function<String, @Nullable String> environment) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(20);
        Source source = new Source(file, environment, new ArrayList<>());
        try {
            Node node = new Yaml(options).compose(new StringReader(yaml));
            if (node instanceof MappingNode mapping) {
                return new Settings(source, "", mapping.getStartMark(), mapping);
            }
            throw new InvalidSettings(List.of(
                    new Problem(file, 1, 1, "", "the file must hold a mapping with the keys source, log, streams")));
        } catch (MarkedYAMLException e) {
            Mark at = e.getProblemMark();
            int line = at == null ? 1 : at.getLine() + 1;
            int column = at == null ? 1 : at.getColumn() + 1;
            String what = e.getProblem() == null ? "no YAML" : e.getProblem();
            throw new InvalidSettings(List.of(new Problem(file, line, column, "", "not readable as YAML: " + what)));
        }
    }

    private void enter(NodeTuple tuple) {
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            problem(tuple.getKeyNode().getStartMark(), path, "a key must be a plain word");
            return;
        }
        if (entries.putIfAbsent(key.getValue(), tuple) != null) {
            problem(key.getStartMark(), child(key.getValue()), "stands twice in this section");
        }
    }

    /** The keys that are there, in the file's order. */
    public List<String> keys() {
        return List.copyOf(entries.keySet());
    }

    public boolean has(String key) {
        known.add(key);
        return entries.containsKey(key);
    }

    /** A text that must be there; "" (and a problem) if it is not. */
    public String text(String key) {
        Optional<String> value = optionalText(key);
        if (value.isEmpty() && !entries.containsKey(key)) {
            problem(mark, path, "'%s' is missing".formatted(key));
        }
        return value.orElse("");
    }

    public String text(String key, String otherwise) {
        return optionalText(key).orElse(otherwise);
    }

    public Optional<String> optionalText(String key) {
        known.add(key);
        NodeTuple tuple = entries.get(key);
        if (tuple == null) {
            return Optional.empty();
        }
        if (tuple.getValueNode() instanceof ScalarNode scalar) {
            return Optional.of(replaced(scalar, child(key)));
        }
        problem(key, "must be a single value");
        return Optional.empty();
    }

    /**
     * A text in which somebody puts in values later: {@code ${name}} stays as it is for these names, and is a variable for others.
     */
    public String template(String key, String otherwise, Set<String> names) {
        NodeTuple tuple = entries.get(key);
        if (tuple == null || !(tuple.getValueNode() instanceof ScalarNode scalar)) {
            return text(key, otherwise);
        }
        known.add(key);
        return replaced(scalar, child(key), names);
    }

    public boolean flag(String key, boolean otherwise) {
        return read(key, otherwise, "true or false", text -> switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        });
    }

    public int number(String key, int otherwise, int least, int most) {
        return read(key, otherwise, "a whole number within %d and %d".formatted(least, most), text -> {
            if (!text.matches("-?\\d{1,9}")) {
                return null;
            }
            int value = Integer.parseInt(text);
            return value < least || value > most ? null : value;
        });
    }

    /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 12h}, {@code 7d}. */
    public Duration duration(String key, Duration otherwise) {
        return read(
                key,
                otherwise,
                "a duration such as 500ms, 30s, 5m, 12h or 7d",
                text -> duration(text).orElse(null));
    }

    /** A text such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 12h} or {@code 7d}; empty for any other. */
    public static Optional<Duration> duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches() || matcher.group(1).length() > 9) {
            return Optional.empty();
        }
        long amount = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    case "h" -> Duration.ofHours(amount);
                    default -> Duration.ofDays(amount);
                });
    }

    /** Bytes: {@code 64KB}, {@code 20GB}; the units are powers of 1024. */
    public long size(String key, long otherwise) {
        return read(key, otherwise, "a size such as 64KB, 512MB or 20GB", text -> {
            Matcher matcher = SIZE.matcher(text);
            if (!matcher.matches() || matcher.group(1).length() > 9) {
                return null;
            }
            int power = SIZES.indexOf(matcher.group(2).toUpperCase(Locale.ROOT));
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power));
        });
    }

    /** Bytes as {@link #size} reads them, in the largest unit without a fraction. */
    public static String spelled(long bytes) {
        int power = Math.min(Long.numberOfTrailingZeros(bytes) / 10, SIZES.size() - 1);
        return (bytes >> (10 * power)) + SIZES.get(power);
    }

    /** One of the enum's names in lower case, {@code -} for {@code _}. */
    public <E extends Enum<E>> E choice(String key, E otherwise) {
        E[] constants = otherwise.getDeclaringClass().getEnumConstants();
        String names = Stream.of(constants).map(Settings::spelled).collect(Collectors.joining(", "));
        return read(
                key,
                otherwise,
                "one of " + names,
                text -> Stream.of(constants)
                        .filter(constant -> spelled(constant).equals(text))
                        .findFirst()
                        .orElse(null));
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A list of texts; one text alone counts as a list of one. */
    public List<String> texts(String key) {
        return items(key).stream().map(Item::text).toList();
    }

    /** A list of texts with their places, so that what is wrong inside one can be told exactly. */
    public List<Item> items(String key) {
        known.add(key);
        NodeTuple tuple = entries.get(key);
        return switch (tuple == null ? null : tuple.getValueNode()) {
            case null -> List.of();
            case ScalarNode scalar -> List.of(item(scalar, child(key)));
            case SequenceNode sequence -> {
                List<Item> items = new ArrayList<>();
                for (Node element : sequence.getValue()) {
                    String at = child(key) + "[" + items.size() + "]";
                    if (element instanceof ScalarNode scalar) {
                        items.add(item(scalar, at));
                    } else {
                        problem(element.getStartMark(), at, "must be a single value");
                    }
                }
                yield items;
            }
            default -> {
                problem(key, "must be a value or a list of values");
                yield List.of();
            }
        };
    }

    /**
     * A value with its place in the file.
     *
     * @param textLine the line of the text's first character, behind a quote or a block's {@code |}
     * @param block whether the text keeps the file's lines, indented by {@code textColumn - 1}
     */
    public record Item(String text, String path, int line, int column, int textLine, int textColumn, boolean block) {

        /**
         * The same item at a line and column inside its text, both from 1. Exact as long as the text stands in the file as it reads:
         * on one line or in a block ({@code |}), and without variables and escapes before the place.
         */
        public Item at(int lineInText, int columnInText) {
            int shift = block || lineInText == 1 ? textColumn - 1 : 0;
            return new Item(text, path, textLine + lineInText - 1, columnInText + shift, textLine, textColumn, block);
        }
    }

    private Item item(ScalarNode scalar, String at) {
        Mark start = scalar.getStartMark();
        int line = start.getLine() + 1;
        int column = start.getColumn() + 1;
        String text = replaced(scalar, at);
        return switch (scalar.getScalarStyle()) {
            case SINGLE_QUOTED, DOUBLE_QUOTED -> new Item(text, at, line, column, line, column + 1, false);
            case LITERAL, FOLDED -> new Item(text, at, line, column, line + 1, indent(start) + 1, true);
            default -> new Item(text, at, line, column, line, column, false);
        };
    }

    /** How far the line behind this one is indented. */
    private static int indent(Mark start) {
        int[] file = start.getBuffer();
        int at = start.getPointer();
        while (at < file.length && file[at] != '\n') {
            at++;
        }
        int first = ++at;
        while (at < file.length && file[at] == ' ') {
            at++;
        }
        return at - first;
    }

    /** Whether a key's value is a section rather than a value or a list. */
    public boolean isSection(String key) {
        known.add(key);
        NodeTuple tuple = entries.get(key);
        return tuple != null && tuple.getValueNode() instanceof MappingNode;
    }

    /** The section below a key; an empty one where it is missing, or stands there without content. */
    public Settings section(String key) {
        known.add(key);
        NodeTuple tuple = entries.get(key);
        MappingNode node = null;
        Mark at = mark;
        if (tuple != null) {
            at = tuple.getKeyNode().getStartMark();
            if (tuple.getValueNode() instanceof MappingNode mapping) {
                node = mapping;
            } else if (!(tuple.getValueNode() instanceof ScalarNode scalar && Tag.NULL.equals(scalar.getTag()))) {
                problem(key, "must be a section of keys and values");
            }
        }
        Settings section = new Settings(source, child(key), at, node);
        children.add(section);
        return section;
    }

    /** All keys of this section with the sections below them, in the file's order. */
    public Map<String, Settings> sections() {
        Map<String, Settings> sections = new LinkedHashMap<>();
        keys().forEach(key -> sections.put(key, section(key)));
        return sections;
    }

    /** Tells a problem at a key's value, or at the section where the key is missing. */
    public void problem(String key, String message) {
        NodeTuple tuple = entries.get(key);
        problem(tuple == null ? mark : tuple.getValueNode().getStartMark(), child(key), message);
    }

    /** Tells a problem with this section as a whole. */
    public void problem(String message) {
        problem(mark, path, message);
    }

    /** Tells a problem inside an item. */
    public void problem(Item item, String message) {
        source.problems.add(new Problem(source.file, item.line(), item.column(), item.path(), message));
    }

    private void problem(Mark at, String where, String message) {
        source.problems.add(new Problem(source.file, at.getLine() + 1, at.getColumn() + 1, where, message));
    }

    public String path() {
        return path;
    }

    /** Tells the keys that nobody has asked for, here and in the sections read from here. Call once everything is read. */
    public void finish() {
        entries.forEach((key, tuple) -> {
            if (!known.contains(key)) {
                String nearest = nearest(key, known)
                        .map(near -> "did you mean '%s'?".formatted(near))
                        .orElse("known here: " + String.join(", ", known));
                problem(tuple.getKeyNode().getStartMark(), child(key), "unknown key; " + nearest);
            }
        });
        children.forEach(Settings::finish);
    }

    /** @throws InvalidSettings if anything was wrong so far, in the file's order */
    public void check() {
        if (!source.problems.isEmpty()) {
            throw new InvalidSettings(source.problems.stream()
                    .distinct()
                    .sorted((a, b) -> a.line() != b.line()
                            ? Integer.compare(a.line(), b.line())
                            : Integer.compare(a.column(), b.column()))
                    .toList());
        }
    }

    /** The name among {@code names} that is most like {@code word}, if any is like it. */
    public static Optional<String> nearest(String word, Iterable<String> names) {
        String best = null;
        int least = Math.max(2, word.length() / 3) + 1;
        for (String name : names) {
            int distance = distance(word.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
            if (distance < least) {
                least = distance;
                best = name;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }

    private <T> T read(String key, T otherwise, String expected, Function<String, @Nullable T> parse) {
        Optional<String> text = optionalText(key);
        if (text.isEmpty()) {
            return otherwise;
        }
        T value;
        try {
            value = parse.apply(text.get().strip());
        } catch (ArithmeticException _) {
            value = null;
        }
        if (value == null) {
            problem(key, "'%s' must be %s".formatted(text.get(), expected));
            return otherwise;
        }
        return value;
    }

    private String replaced(ScalarNode scalar, String at) {
        return replaced(scalar, at, Set.of());
    }

    private String replaced(ScalarNode scalar, String at, Set<String> kept) {
        Matcher matcher = VARIABLE.matcher(scalar.getValue());
        StringBuilder text = new StringBuilder();
        while (matcher.find()) {
            if (kept.contains(matcher.group(1))) {
                matcher.appendReplacement(text, Matcher.quoteReplacement(matcher.group()));
                continue;
            }
            String value = source.environment.apply(matcher.group(1));
            if (value == null) {
                value = matcher.group(2);
            }
            if (value == null) {
                problem(
                        scalar.getStartMark(),
                        at,
                        "the environment variable %s is not set; set it or write ${%s:default}"
                                .formatted(matcher.group(1), matcher.group(1)));
                value = "";
            }
            matcher.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(text).toString();
    }

    private String child(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
