package io.deltastreams.change;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Where a change stands in its source's history. Positions are totally ordered, portable between instances, and their text form
 * sorts like they do: {@code 0001-00000000016b3748-00000003}.
 *
 * @param epoch grows by one whenever a history had to start again (lost slot, re-snapshot); 0 stands before every history, at most
 *     65535
 * @param commit the source's own commit order, unsigned. PostgreSQL: the LSN behind the transaction's commit record ({@code
 *     end_lsn} of pgoutput's Commit message); a snapshot's rows carry the LSN at which it was taken
 * @param index the place within the commit, unsigned, from 0
 */
public record Position(int epoch, long commit, int index) implements Comparable<Position> {

    /** Before everything: whoever reads after this reads from the beginning. */
    public static final Position START = new Position(0, 0, 0);

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int TEXT_LENGTH = 4 + 1 + 16 + 1 + 8;

    public Position {
        if (epoch < 0 || epoch > 0xffff) {
            throw new IllegalArgumentException("epoch must be within 0 and 65535, not " + epoch);
        }
    }

    /** Before everything of an epoch, and behind everything of those before it. */
    public static Position beginning(int epoch) {
        return new Position(epoch, 0, 0);
    }

    /**
     * Reads the text form.
     *
     * @throws IllegalArgumentException if {@code text} is not a position; the message says how one looks
     */
    public static Position parse(String text) {
        try {
            if (text.length() == TEXT_LENGTH && text.charAt(4) == '-' && text.charAt(21) == '-') {
                return new Position(
                        HexFormat.fromHexDigits(text, 0, 4),
                        HexFormat.fromHexDigitsToLong(text, 5, 21),
                        HexFormat.fromHexDigits(text, 22, TEXT_LENGTH));
            }
        } catch (NumberFormatException e) {
            throw malformed(text, e);
        }
        throw malformed(text, null);
    }

    private static IllegalArgumentException malformed(String text, @Nullable Exception cause) {
        String shown = text.length() > 60 ? text.substring(0, 60) + "…" : text;
        return new IllegalArgumentException(
                "'%s' is no position; one looks like 0001-00000000016b3748-00000003".formatted(shown), cause);
    }

    /** The position that follows within the same commit. */
    public Position next() {
        return new Position(epoch, commit, index + 1);
    }

    /** The largest position before this one. Not of {@link #START}, which has none. */
    public Position previous() {
        if (index != 0) {
            return new Position(epoch, commit, index - 1);
        }
        return commit != 0 ? new Position(epoch, commit - 1, -1) : new Position(epoch - 1, -1, -1);
    }

    public boolean isAfter(Position other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(Position other) {
        int byEpoch = Integer.compare(epoch, other.epoch);
        if (byEpoch != 0) {
            return byEpoch;
        }
        int byCommit = Long.compareUnsigned(commit, other.commit);
        return byCommit != 0 ? byCommit : Integer.compareUnsigned(index, other.index);
    }

    @Override
    public String toString() {
        return new String(toAscii(), StandardCharsets.US_ASCII);
    }

    /** The text form in bytes. */
    public byte[] toAscii() {
        byte[] text = new byte[TEXT_LENGTH];
        hex(epoch, text, 0, 4);
        text[4] = '-';
        hex(commit, text, 5, 21);
        text[21] = '-';
        hex(index, text, 22, TEXT_LENGTH);
        return text;
    }

    private static void hex(long number, byte[] text, int from, int to) {
        long rest = number;
        for (int at = to - 1; at >= from; at--) {
            text[at] = HEX[(int) rest & 0xf];
            rest >>>= 4;
        }
    }
}
