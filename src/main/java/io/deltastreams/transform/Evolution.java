package io.deltastreams.transform;

import io.deltastreams.change.Column;
import io.deltastreams.change.Schema;
import io.deltastreams.settings.Settings;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a stream when the shape of its rows changes: {@code evolution: evolve | stop | ignore | rename-topic}, or {@code { policy: evolve,
 * compatibility: backward }}. The same for each of its outputs.
 */
public record Evolution(Policy policy, Compatibility compatibility) {

    /** What is done about a new shape. */
    public enum Policy {
        /** It goes out, if it is compatible; else the stream stops. */
        EVOLVE,
        /** The stream stops. */
        STOP,
        /** New columns are left out. Where more has changed than that the stream stops. */
        IGNORE,
        /** It goes out under a name of its own: {@code orders.v2}. */
        RENAME_TOPIC
    }

    /** What is done unless something is declared. */
    public static final Evolution USUAL = new Evolution(Policy.EVOLVE, Compatibility.NONE);

    /** What was decided about a shape. */
    public sealed interface Verdict {

        /** It goes out as it is. */
        record Passes() implements Verdict {}

        /** It goes out as it is, under a new name. */
        record Renamed() implements Verdict {}

        /** Its rows go out in an earlier shape. */
        record Reduced() implements Verdict {}

        /** Nothing of it goes out; why. */
        record Halts(String reason) implements Verdict {}
    }

    /** Reads {@code evolution} of a stream's section; whatever is wrong there goes into the settings' problems. */
    static Evolution read(Settings settings) {
        if (!settings.isSection("evolution")) {
            return new Evolution(settings.choice("evolution", Policy.EVOLVE), Compatibility.NONE);
        }
        Settings section = settings.section("evolution");
        Policy policy = section.choice("policy", Policy.EVOLVE);
        Compatibility compatibility = section.choice("compatibility", Compatibility.NONE);
        if (policy != Policy.EVOLVE && section.has("compatibility")) {
            section.problem("compatibility", "only evolve asks for it; leave it out, or declare policy: evolve");
        }
        return new Evolution(policy, compatibility);
    }

    /**
     * Judges a shape that is not the last one's.
     *
     * @param earlier the shapes that went out under the name, at least one, the oldest first
     */
    public Verdict judge(List<Schema> earlier, Schema next) {
        Schema last = earlier.getLast();
        return switch (policy) {
            case EVOLVE ->
                compatibility
                        .objection(earlier, next)
                        .<Verdict>map(why -> new Verdict.Halts("its new shape is not %s compatible: %s"
                                .formatted(compatibility.name().replace('_', ' '), why)))
                        .orElseGet(Verdict.Passes::new);
            case STOP ->
                new Verdict.Halts("its shape changed from version %d to %d: %s"
                        .formatted(last.version(), next.version(), differences(last, next)));
            case RENAME_TOPIC -> new Verdict.Renamed();
            case IGNORE ->
                missing(last, next)
                        .<Verdict>map(why -> new Verdict.Halts(
                                "more has changed than columns that were added, which could be ignored: " + why))
                        .orElseGet(Verdict.Reduced::new);
        };
    }

    /** Why rows of the next shape cannot be told in the last one. */
    private static Optional<String> missing(Schema last, Schema next) {
        return Compatibility.FORWARD
                .objection(List.of(last), next)
                .or(() -> last.columns().stream()
                        .filter(column -> !isSame(next, column))
                        .findFirst()
                        .map(column ->
                                "column '%s' is another one in version %d".formatted(column.name(), next.version())));
    }

    /** A column that is gone reads null; one that is there has to be what it was. */
    private static boolean isSame(Schema next, Column column) {
        int index = next.indexOf(column.name());
        return index < 0 || next.columns().get(index).type().equals(column.type());
    }

    private static String differences(Schema last, Schema next) {
        List<String> gone = names(last, next);
        List<String> come = names(next, last);
        List<String> other = next.columns().stream()
                .filter(column -> last.indexOf(column.name()) >= 0
                        && !last.columns().get(last.indexOf(column.name())).equals(column))
                .map(Column::name)
                .toList();
        return "columns added %s, gone %s, changed %s%s"
                .formatted(come, gone, other, keyNames(last).equals(keyNames(next)) ? "" : ", another key");
    }

    private static List<String> keyNames(Schema schema) {
        return schema.key().stream()
                .map(index -> schema.columns().get(index).name())
                .toList();
    }

    private static List<String> names(Schema of, Schema notOf) {
        return of.columns().stream()
                .map(Column::name)
                .filter(name -> notOf.indexOf(name) < 0)
                .toList();
    }
}
