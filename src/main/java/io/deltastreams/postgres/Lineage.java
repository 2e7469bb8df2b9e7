package io.deltastreams.postgres;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whose log it is: every cluster has a system identifier, which its standbys share, and counts its timelines on with each promotion (PostgreSQL
 * manual, "Timelines"). As text {@code 7712033725837400976/2}.
 *
 * @param system as {@code IDENTIFY_SYSTEM} spells it
 */
public record Lineage(String system, int timeline) {

    /** The text's form, as a part of a longer expression; without groups. */
    static final String FORM = "\\d{1,20}/\\d{1,9}";

    private static final Pattern TEXT = Pattern.compile("(\\d{1,20})/(\\d{1,9})");

    static Optional<Lineage> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new Lineage(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override
    public String toString() {
        return system + "/" + timeline;
    }
}
