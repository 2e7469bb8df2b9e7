package io.deltastreams.source.debezium;

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
 */
record ResumePoint(int epoch, long lsn, boolean snapshotComplete) {

    private static final Pattern FORM = Pattern.compile(
            "\\{\"epoch\":(\\d{1,5}),\"lsn\":\"([0-9A-F]{1,8}/[0-9A-F]{1,8})\",\"snapshot\":\"(running|complete)\"}");

    ResumeToken token() {
        return new ResumeToken("{\"epoch\":%d,\"lsn\":\"%s\",\"snapshot\":\"%s\"}"
                .formatted(epoch, text(lsn), snapshotComplete ? "complete" : "running"));
    }

    /** Empty if the token is not of this source's making. */
    static Optional<ResumePoint> of(ResumeToken token) {
        Matcher matcher = FORM.matcher(token.text());
        return matcher.matches()
                ? Optional.of(new ResumePoint(
                        Integer.parseInt(matcher.group(1)),
                        LogSequenceNumber.valueOf(matcher.group(2)).asLong(),
                        matcher.group(3).equals("complete")))
                : Optional.empty();
    }

    /** Whether everything up to the other point lies before or at this one. */
    boolean reaches(ResumePoint other) {
        return epoch > other.epoch || (epoch == other.epoch && Long.compareUnsigned(lsn, other.lsn) >= 0);
    }

    static String text(long lsn) {
        return LogSequenceNumber.valueOf(lsn).asString();
    }
}
