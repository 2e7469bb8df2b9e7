package io.deltastreams.codec.avro;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** Gives what stands in one place names that Avro allows (specification, "Names") and that differ from each other. */
final class Names {

    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern NAMESPACE = Pattern.compile(NAME.pattern() + "(\\." + NAME.pattern() + ")*");
    private static final Pattern FOREIGN = Pattern.compile("[^A-Za-z0-9_]");
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^A-Za-z0-9]+");

    private final Set<String> taken;

    /** @param taken what is given to nobody */
    Names(Set<String> taken) {
        this.taken = new HashSet<>(taken);
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    static boolean isNamespace(String text) {
        return NAMESPACE.matcher(text).matches();
    }

    /**
     * The text as it is, or with {@code _} for what no name may have; a number behind it where an earlier one has that name. First come, first
     * served: a column that is added later takes no name away from one that is there.
     */
    String give(String text) {
        String name = legal(text);
        String free = name;
        for (int number = 2; !taken.add(free); number++) {
            free = name + "_" + number;
        }
        return free;
    }

    private static String legal(String text) {
        String name = FOREIGN.matcher(text).replaceAll("_");
        return isName(name) ? name : "_" + name;
    }

    /** As types are written: {@code paid_orders} becomes {@code PaidOrders}. */
    static String ofType(String text) {
        StringBuilder name = new StringBuilder();
        for (String word : BETWEEN_WORDS.split(text, -1)) {
            if (!word.isEmpty()) {
                name.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
            }
        }
        return legal(name.toString());
    }
}
