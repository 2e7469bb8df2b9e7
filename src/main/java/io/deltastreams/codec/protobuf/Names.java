package io.deltastreams.codec.protobuf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names that Protobuf allows. A column's is its own where that is one; any other character is written {@code _x20_} (its code in hexadecimal, as
 * SQL/XML does it, ISO 9075-14), so that different columns have different names whatever others there are, and the column can be told from the
 * field.
 */
final class Names {

    private static final Pattern PACKAGE = Pattern.compile("[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*");
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^A-Za-z0-9]+");
    /** What would read like an escape. */
    private static final Pattern LIKE_ESCAPED = Pattern.compile("_(?=x[0-9a-f]+[^A-Za-z0-9])");
    /** What a type may be called that stands beside a key's fields. */
    private static final Pattern LIKE_TYPE = Pattern.compile("Interval|Geometry|Hstore|[A-Z].*Array");

    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_ .:/+-]+");
    private static final Pattern NO_WORD = Pattern.compile("\\W");

    private Names() {}

    static boolean isPackage(String text) {
        return PACKAGE.matcher(text).matches();
    }

    /**
     * The fields of columns. protoc refuses two that differ in upper case and underscores alone, as they are one in JSON: of such columns one
     * keeps its name, that without any or else one in lower case if there is one, and of the others each capital and underscore is escaped, too.
     */
    static List<String> fields(List<String> columns) {
        Map<String, List<String>> alike = new HashMap<>();
        for (String column : columns) {
            alike.computeIfAbsent(folded(escaped(column, false)), _ -> new ArrayList<>())
                    .add(column);
        }
        Set<String> plain = new HashSet<>();
        for (List<String> group : alike.values()) {
            plain.add(group.stream()
                    .min(Comparator.comparing((String name) -> !name.equals(escaped(name, true)))
                            .thenComparing(name -> !name.equals(name.toLowerCase(Locale.ROOT)))
                            .thenComparing(Comparator.naturalOrder()))
                    .orElseThrow());
        }
        return columns.stream()
                .map(column -> escaped(
                        column,
                        !plain.contains(column) || LIKE_TYPE.matcher(column).matches()))
                .toList();
    }

    private static String folded(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static String escaped(String column, boolean wholly) {
        Matcher likeEscaped = LIKE_ESCAPED.matcher(column);
        StringBuilder name = new StringBuilder();
        int code;
        for (int at = 0; at < column.length(); at += Character.charCount(code)) {
            code = column.codePointAt(at);
            boolean legal = (code >= 'a' && code <= 'z')
                    || (code >= '0' && code <= '9' && at > 0)
                    || (!wholly && code >= 'A' && code <= 'Z')
                    || (!wholly
                            && code == '_'
                            && !likeEscaped.region(at, column.length()).lookingAt());
            if (legal) {
                name.appendCodePoint(code);
            } else {
                name.append("_x").append(Integer.toHexString(code)).append('_');
            }
        }
        return name.toString();
    }

    /** As types are written: {@code paid_orders} becomes {@code PaidOrders}. */
    static String ofType(String text) {
        StringBuilder name = new StringBuilder();
        for (String word : BETWEEN_WORDS.split(text, -1)) {
            if (!word.isEmpty()) {
                name.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
            }
        }
        return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "X" + name : name.toString();
    }

    /** As an enum's labels are written, behind the name of what it is of; empty if that cannot be. */
    static String ofLabel(String field, String label) {
        return LABEL.matcher(label).matches()
                ? (field + "_" + NO_WORD.matcher(label).replaceAll("_")).toUpperCase(Locale.ROOT)
                : "";
    }
}
