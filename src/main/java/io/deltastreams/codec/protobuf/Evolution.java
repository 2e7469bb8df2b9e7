package io.deltastreams.codec.protobuf;

import io.deltastreams.codec.protobuf.Layout.Wanted;
import io.deltastreams.codec.protobuf.ProtoFile.Member;
import io.deltastreams.codec.protobuf.ProtoFile.Numbered;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the columns and labels of a file so that those of all its versions read each other's bytes (<a
 * href="https://protobuf.dev/programming-guides/proto3/#updating">Updating a message type</a>), with nothing to go by but the versions.
 */
final class Evolution {

    /** Protobuf keeps these for itself. */
    private static final int FIRST_TAKEN = 19_000;

    private static final int LAST_TAKEN = 19_999;

    private Evolution() {}

    /** A version to register, and what it says. */
    record Version(String text, ProtoFile file) {}

    /**
     * The version that has this layout, or the one that comes after all of them.
     *
     * @param texts of the versions, the oldest first
     * @param parser of texts
     * @throws IllegalArgumentException if one of them is not of this format's making
     */
    static Version choose(Layout layout, String subject, List<String> texts, Function<String, ProtoFile> parser) {
        List<ProtoFile> files = new ArrayList<>();
        for (String text : texts) {
            try {
                files.add(checked(layout, parser.apply(text)));
            } catch (IllegalArgumentException e) {
                throw foreign(subject, files.size() + 1, e);
            }
        }
        for (int i = files.size() - 1; i >= 0; i--) {
            if (isSame(layout, files.get(i))) {
                // The very text: another one, if only in its comments, would be another version.
                return new Version(texts.get(i), files.get(i));
            }
        }
        Map<String, Numbered> numbers = new HashMap<>();
        layout.wanted().forEach((scope, wanted) -> numbers.put(scope, next(wanted, scope, layout, files)));
        ProtoFile file = layout.file(scope -> Objects.requireNonNull(numbers.get(scope)));
        return new Version(ProtoPrinter.print(file, layout.comments()), file);
    }

    private static ProtoFile checked(Layout layout, ProtoFile version) {
        if (!layout.isKey() && !Envelope.isAround(version.message())) {
            throw new IllegalArgumentException("its message is no delta's");
        }
        return version;
    }

    private static IllegalArgumentException foreign(String subject, int version, IllegalArgumentException reason) {
        return new IllegalArgumentException(
                ("version %d of the subject '%s' is none that the format protobuf has written (%s), so the numbers of its fields cannot go on:"
                                + " write to another topic, or delete the subject")
                        .formatted(version, subject, reason.getMessage()),
                reason);
    }

    private static boolean isSame(Layout layout, ProtoFile version) {
        if (!version.name().equals(layout.name())) {
            return false;
        }
        Map<String, Numbered> numbers = new HashMap<>();
        layout.wanted().forEach((scope, wanted) -> numbers.put(scope, numbersOf(wanted, scope(version, scope))));
        return layout.file(scope -> Objects.requireNonNull(numbers.get(scope)))
                .bare()
                .equals(version.bare());
    }

    private static Numbered numbersOf(List<Wanted> wanted, @Nullable Numbered version) {
        Map<String, Member> members = new HashMap<>();
        for (Wanted each : wanted) {
            Member there = version == null ? null : version.members().get(each.name());
            members.put(each.name(), new Member(each.kind(), there == null ? -1 : there.number()));
        }
        return Numbered.of(members);
    }

    private static @Nullable Numbered scope(ProtoFile file, String scope) {
        return scope.equals(Layout.COLUMNS) ? file.columns() : file.labels(scope);
    }

    private static Numbered next(List<Wanted> wanted, String scope, Layout layout, List<ProtoFile> files) {
        // Streams that share a topic share its numbers, but each goes on from its own.
        Numbered own = null;
        Numbered latest = null;
        boolean areColumns = scope.equals(Layout.COLUMNS);
        int highest = areColumns ? 0 : -1;
        BitSet usedNumbers = new BitSet();
        Set<String> usedNames = new HashSet<>();
        for (ProtoFile file : files) {
            Numbered version = scope(file, scope);
            if (version != null) {
                latest = version;
                own = file.name().equals(layout.name()) ? version : own;
                highest = Math.max(highest, version.highest());
                version.members().values().forEach(member -> usedNumbers.set(member.number()));
                usedNumbers.or(version.reservedNumbers());
                usedNames.addAll(version.members().keySet());
                usedNames.addAll(version.reservedNames());
            }
        }
        Map<String, Member> members = numbered(wanted, own != null ? own : latest, highest, areColumns);
        members.values().forEach(member -> usedNumbers.clear(member.number()));
        usedNames.removeAll(members.keySet());
        return new Numbered(members, usedNumbers, usedNames);
    }

    private static Map<String, Member> numbered(
            List<Wanted> wanted, @Nullable Numbered base, int highest, boolean areColumns) {
        Map<String, Member> members = new LinkedHashMap<>();
        int last = highest;
        for (Wanted each : wanted) {
            Member before = base == null ? null : base.members().get(each.name());
            int number;
            if (before != null && reads(each.kind(), before.kind())) {
                number = before.number();
            } else {
                number = areColumns && last + 1 >= FIRST_TAKEN && last < LAST_TAKEN ? LAST_TAKEN + 1 : last + 1;
                last = number;
            }
            members.put(each.name(), new Member(each.kind(), number));
        }
        return members;
    }

    /** Whether a field of this kind reads all that was written as the other. */
    private static boolean reads(String kind, String former) {
        return kind.equals(former) || (kind.equals("optional int64") && former.equals("optional int32"));
    }
}
