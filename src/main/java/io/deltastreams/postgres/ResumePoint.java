package io.deltastreams.postgres;

import io.deltastreams.change.ResumeToken;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.replication.LogSequenceNumber;

/**
 * Where to go on, as kept in the log: {@code {"epoch":1,"lsn":"0/16B3748","snapshot":"complete"}}. Every transaction whose commit record ends
 * at or before {@code lsn} has been handed over, and none behind it; so this is all that the engine needs, as its offset is made from it.
 *
 * @param snapshotComplete false while the snapshot of this epoch is being read; {@code lsn} then is where it was taken
 * @param reads what the direct reader keeps of a snapshot that was interrupted, in a form of its own; empty where there is nothing
 */
public record ResumePoint(int epoch, long lsn, boolean snapshotComplete, String reads) {

    private static final Pattern FORM =
            Pattern.compile("\\{\"epoch\":(\\d{1,5}),\"lsn\":\"([0-9A-F]{1,8}/[0-9A-F]{1,8})\","
                    + "\"snapshot\":\"(running|complete)\"(?:,\"reads\":\"([^\"\\\\]*)\")?}");

    public ResumePoint(int epoch, long lsn, boolean snapshotComplete) {
        this(epoch, lsn, snapshotComplete, "");
    }

    public ResumeToken token() {
        return new ResumeToken("{\"epoch\":%d,\"lsn\":\"%s\",\"snapshot\":\"%s\"%s}"
                .formatted(
                        epoch,
                        text(lsn),
                        snapshotComplete ? "complete" : "running",
                        reads.isEmpty() ? "" : ",\"reads\":\"" + reads + '"'));
    }

    /** Empty if the token is not of this source's making. */
    public static Optional<ResumePoint> of(ResumeToken token) {
        Matcher matcher = FORM.matcher(token.text());
        return matcher.matches()
                ? Optional.of(new ResumePoint(
                        Integer.parseInt(matcher.group(1)),
                        LogSequenceNumber.valueOf(matcher.group(2)).asLong(),
                        matcher.group(3).equals("complete"),
                        matcher.group(4) == null ? "" : matcher.group(4)))
                : Optional.empty();
    }

    /** Whether everything up to the other point lies before or at this one. */
    public boolean reaches(ResumePoint other) {
        return epoch > other.epoch || (epoch == other.epoch && Long.compareUnsigned(lsn, other.lsn) >= 0);
    }

    public static String text(long lsn) {
        return LogSequenceNumber.valueOf(lsn).asString();
    }
}
