package io.deltastreams.source.kafka;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Coverage;
import io.deltastreams.change.Coverage.Snapshot;
import io.deltastreams.change.RelayedCodec;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.TableId;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * Where to go on in a topic, and what is known of the history up to there: the content of this source's tokens.
 *
 * @param offset of the next message to read
 * @param whole whether the history has been read from its epoch's beginning on
 * @param coverage which rows stand in it, as the instance that captures says
 * @param read tables that were read again
 */
record Place(long offset, boolean whole, Coverage coverage, Set<TableId> read) {

    private static final String KIND = "kafka/1/";

    Place {
        read = Set.copyOf(read);
    }

    ResumeToken token() {
        BinaryWriter out = new BinaryWriter(64);
        out.varlong(offset);
        out.u8(whole ? 1 : 0);
        RelayedCodec.coverage(coverage, out);
        RelayedCodec.tables(read, out);
        return new ResumeToken(KIND + Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray()));
    }

    /** Empty if it is another source's token. */
    static Optional<Place> of(ResumeToken token) {
        if (!token.text().startsWith(KIND)) {
            return Optional.empty();
        }
        BinaryReader in =
                new BinaryReader(Base64.getUrlDecoder().decode(token.text().substring(KIND.length())));
        return Optional.of(new Place(in.varlong(), in.u8() != 0, RelayedCodec.coverage(in), RelayedCodec.tableIds(in)));
    }

    /** What stands in the history as far as it was read here: nothing is known of what is older than its beginning. */
    Coverage covered() {
        return whole ? coverage : new Coverage(Snapshot.NEVER, Set.of(), coverage.events());
    }
}
