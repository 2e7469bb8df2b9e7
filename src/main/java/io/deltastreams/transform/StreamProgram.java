package io.deltastreams.transform;

import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A stream as declared, its SQL parsed but not yet typed.
 *
 * <pre>{@code
 * from: [public.orders, public.orders_*]
 * where: status = 'PAID' AND amount > 0
 * select: [id, "amount * 1.19 AS gross"]
 * mask: { customer_id: sha256 }
 * on_error: dead-letter
 * evolution: { policy: evolve, compatibility: backward }
 * }</pre>
 *
 * <p>A stream over several tables (a pattern, or more than one name) gets a leading column {@code _table} (text, {@code schema.table}),
 * which is the first part of its key, stands first whatever {@code select} says, and can be used in expressions.
 */
public final class StreamProgram {

    private static final List<String> MASKS = List.of("drop", "redact", "sha256");

    private final StreamId id;
    private final List<String> from;
    private final List<Pattern> patterns;
    private final Definition definition;
    private final OnError onError;
    private final Evolution evolution;

    private StreamProgram(
            StreamId id,
            List<String> from,
            List<Pattern> patterns,
            Definition definition,
            OnError onError,
            Evolution evolution) {
        this.id = id;
        this.from = List.copyOf(from);
        this.patterns = List.copyOf(patterns);
        this.definition = definition;
        this.onError = onError;
        this.evolution = evolution;
    }

    /**
     * Reads {@code from}, {@code where}, {@code select}, {@code mask}, {@code on_error} and {@code evolution} of a stream's section; whatever is wrong becomes
     * a problem in the settings. Does not finish the settings: other keys are the caller's.
     */
    public static StreamProgram read(StreamId id, Settings settings) {
        List<String> from = new ArrayList<>();
        List<Pattern> patterns = new ArrayList<>();
        for (Settings.Item item : settings.items("from")) {
            Pattern pattern = pattern(item.text().strip());
            if (pattern == null) {
                settings.problem(
                        item,
                        "'%s' is no table; one looks like public.orders, a pattern like public.*"
                                .formatted(item.text()));
            } else {
                from.add(item.text().strip());
                patterns.add(pattern);
            }
        }
        if (from.isEmpty() && settings.items("from").isEmpty()) {
            settings.problem(
                    "from", "'from' is missing: a table such as public.orders, a pattern such as public.*, or a list");
        }
        boolean labelled = from.size() > 1 || from.stream().anyMatch(StreamProgram::isPattern);
        Definition definition =
                new Definition(id, where(id, settings), selection(id, settings), masks(settings), labelled);
        return new StreamProgram(
                id, from, patterns, definition, settings.choice("on_error", OnError.STOP), Evolution.read(settings));
    }

    private static boolean isPattern(String table) {
        return table.indexOf('*') >= 0 || table.indexOf('?') >= 0;
    }

    /** Both parts may hold {@code *} for any characters and {@code ?} for one; null if it is no table. */
    private static @Nullable Pattern pattern(String table) {
        int dot = table.indexOf('.');
        if (dot <= 0 || dot == table.length() - 1) {
            return null;
        }
        // NUL lies between the parts, for the names themselves may hold dots.
        return Pattern.compile(
                glob(table.substring(0, dot)) + "\u0000" + glob(table.substring(dot + 1)), Pattern.DOTALL);
    }

    private static String glob(String text) {
        StringBuilder regex = new StringBuilder();
        text.chars()
                .forEach(c -> regex.append(
                        switch (c) {
                            case '*' -> "[^\u0000]*";
                            case '?' -> "[^\u0000]";
                            default -> Pattern.quote(String.valueOf((char) c));
                        }));
        return regex.toString();
    }

    private static Optional<Definition.Parsed> where(StreamId id, Settings settings) {
        List<Settings.Item> items = settings.items("where");
        if (items.size() > 1) {
            settings.problem("where", "must be one condition; join several with AND");
        }
        for (Settings.Item item : items) {
            try {
                return Optional.of(Definition.condition(clause(id, settings, item)));
            } catch (InvalidStream e) {
                Definition.tell(settings, item, e);
            }
        }
        return Optional.empty();
    }

    private static List<Definition.Parsed> selection(StreamId id, Settings settings) {
        List<Definition.Parsed> selection = new ArrayList<>();
        for (Settings.Item item : settings.items("select")) {
            try {
                selection.add(Definition.selection(clause(id, settings, item)));
            } catch (InvalidStream e) {
                Definition.tell(settings, item, e);
            }
        }
        return selection;
    }

    private static Clause clause(StreamId id, Settings settings, Settings.Item item) {
        return new Clause(id, key(settings, item), item, 0);
    }

    private static String key(Settings settings, Settings.Item item) {
        String prefix = settings.path() + ".";
        return item.path().startsWith(prefix) ? item.path().substring(prefix.length()) : item.path();
    }

    private static Map<String, Definition.Masked> masks(Settings settings) {
        Map<String, Definition.Masked> masks = new LinkedHashMap<>();
        Settings section = settings.section("mask");
        for (String column : section.keys()) {
            Mask mask;
            Settings.Item item;
            if (section.isSection(column)) {
                Settings parameters = section.section(column);
                item = parameters.keys().isEmpty()
                        ? null
                        : parameters.items(parameters.keys().getFirst()).stream()
                                .findFirst()
                                .orElse(null);
                mask = item == null ? null : parameterized(parameters, item);
            } else {
                item = section.items(column).stream().findFirst().orElse(null);
                mask = item == null ? null : plain(section, item);
            }
            if (mask != null && item != null) {
                masks.put(column, new Definition.Masked(mask, new Place("mask." + column, item.line(), item.column())));
            }
        }
        return masks;
    }

    private static @Nullable Mask plain(Settings section, Settings.Item item) {
        return switch (item.text()) {
            case "drop" -> new Mask.Drop();
            case "redact" -> new Mask.Redact();
            case "sha256" -> new Mask.Sha256();
            default -> {
                String hint = Settings.nearest(item.text(), MASKS)
                        .map(near -> "did you mean %s?".formatted(near))
                        .orElse("known: drop, redact, sha256, { sha256: KEY }, { partial: 4 }");
                section.problem(item, "'%s' is no mask; %s".formatted(item.text(), hint));
                yield null;
            }
        };
    }

    private static @Nullable Mask parameterized(Settings parameters, Settings.Item item) {
        if (parameters.has("partial")) {
            return new Mask.Partial(parameters.number("partial", 4, 1, 1_000));
        }
        if (!parameters.has("sha256")) {
            parameters.problem("known masks with a parameter: { sha256: KEY }, { partial: 4 }");
            return null;
        }
        if (item.text().isEmpty()) {
            parameters.problem(item, "the key of sha256 is empty");
            return null;
        }
        return new Mask.Hmac(new SecretKeySpec(item.text().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    }

    public StreamId id() {
        return id;
    }

    /** Whether {@code from} names the table, by name or pattern. */
    public boolean reads(TableId table) {
        String text = table.schema() + "\u0000" + table.name();
        return patterns.stream().anyMatch(pattern -> pattern.matcher(text).matches());
    }

    /** The tables and patterns as declared. */
    public List<String> from() {
        return from;
    }

    public OnError onError() {
        return onError;
    }

    public Evolution evolution() {
        return evolution;
    }

    /**
     * Types the stream against a table's schema.
     *
     * @throws InvalidStream if it does not fit; says where and what would be right
     */
    public Stage compile(Schema table) throws InvalidStream {
        return definition.compile(table);
    }
}
