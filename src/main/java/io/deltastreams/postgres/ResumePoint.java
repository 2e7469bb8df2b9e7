package io.deltastreams.postgres;

import io.deltastreams.change.Coverage;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.TableId;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.replication.LogSequenceNumber;

/**
 * Where to go on, as kept in the log: {@code {"epoch":1,"lsn":"0/16B3748","snapshot":"complete"}}. Every transaction whose commit record ends
 * at or before {@code lsn} has been handed over, and none behind it; so this is all that the engine needs, as its offset is made from it. As kept,
 * it also says whose log that is a place in: {@code "lineage":"7712033725837400976/1"}.
 *
 * @param snapshotComplete false while the snapshot of this epoch is being read; {@code lsn} then is where it was taken
 * @param reads what the direct reader keeps of a snapshot that was interrupted, in a form of its own; empty where there is nothing
 * @param lineage whose log it is; empty while nobody has said so, and in tokens of earlier versions
 * @param incremental what the direct reader keeps of tables that are still to be read in chunks while the stream goes on, likewise
 */
public record ResumePoint(
        int epoch, long lsn, boolean snapshotComplete, String reads, Optional<Lineage> lineage, String incremental) {

    private static final Pattern FORM =
            Pattern.compile("\\{\"epoch\":(\\d{1,5}),\"lsn\":\"([0-9A-F]{1,8}/[0-9A-F]{1,8})\","
                    + "\"snapshot\":\"(running|complete)\"(?:,\"reads\":\"([^\"\\\\]*)\")?"
                    + "(?:,\"lineage\":\"(" + Lineage.FORM + ")\")?(?:,\"incremental\":\"([^\"\\\\]*)\")?}");

    public ResumePoint(int epoch, long lsn, boolean snapshotComplete) {
        this(epoch, lsn, snapshotComplete, "", Optional.empty(), "");
    }

    public ResumePoint(int epoch, long lsn, boolean snapshotComplete, String reads) {
        this(epoch, lsn, snapshotComplete, reads, Optional.empty(), "");
    }

    /** The same place, in that log. */
    ResumePoint of(Lineage known) {
        return new ResumePoint(epoch, lsn, snapshotComplete, reads, Optional.of(known), incremental);
    }

    /** The same history at another place. */
    ResumePoint at(long place) {
        return new ResumePoint(epoch, place, snapshotComplete, reads, lineage, incremental);
    }

    public ResumeToken token() {
        return new ResumeToken("{\"epoch\":%d,\"lsn\":\"%s\",\"snapshot\":\"%s\"%s%s%s}"
                .formatted(
                        epoch,
                        text(lsn),
                        snapshotComplete ? "complete" : "running",
                        member("reads", reads),
                        member("lineage", lineage.map(Lineage::toString).orElse("")),
                        member("incremental", incremental)));
    }

    private static String member(String name, String text) {
        return text.isEmpty() ? "" : ",\"%s\":\"%s\"".formatted(name, text);
    }

    /** Empty if the token is not of this source's making. */
    public static Optional<ResumePoint> of(ResumeToken token) {
        Matcher matcher = FORM.matcher(token.text());
        return matcher.matches()
                ? Optional.of(new ResumePoint(
                        Integer.parseInt(matcher.group(1)),
                        LogSequenceNumber.valueOf(matcher.group(2)).asLong(),
                        matcher.group(3).equals("complete"),
                        Objects.requireNonNullElse(matcher.group(4), ""),
                        Optional.ofNullable(matcher.group(5)).flatMap(Lineage::parse),
                        Objects.requireNonNullElse(matcher.group(6), "")))
                : Optional.empty();
    }

    /**
     * Which rows stand in the history up to here.
     *
     * @param waiting the tables of {@code incremental}
     */
    public Coverage coverage(PostgresSettings settings, Set<TableId> waiting) {
        Coverage.Snapshot snapshot = settings.snapshot() == PostgresSettings.Snapshot.NEVER
                ? Coverage.Snapshot.NEVER
                // As long as something is kept of an interrupted snapshot, some rows are ahead of their place.
                : snapshotComplete && reads.isEmpty() ? Coverage.Snapshot.COMPLETE : Coverage.Snapshot.RUNNING;
        return new Coverage(snapshot, waiting, Set.of(LogicalMessages.RELATION));
    }

    /** The same place with other tables still to be read. */
    public ResumePoint withIncremental(String tables) {
        return new ResumePoint(epoch, lsn, snapshotComplete, reads, lineage, tables);
    }

    /** Whether no rows are still to be read up to here. */
    boolean isWhole() {
        return snapshotComplete && reads.isEmpty() && incremental.isEmpty();
    }

    /** Whether everything up to the other point lies before or at this one. */
    public boolean reaches(ResumePoint other) {
        return epoch > other.epoch || (epoch == other.epoch && Long.compareUnsigned(lsn, other.lsn) >= 0);
    }

    public static String text(long lsn) {
        return LogSequenceNumber.valueOf(lsn).asString();
    }
}
