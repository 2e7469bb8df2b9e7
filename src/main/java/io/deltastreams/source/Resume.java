package io.deltastreams.source;

import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import java.util.List;
import java.util.Optional;

/**
 * Where a source has to go on: what the log holds at its end.
 *
 * @param token the last token that the source handed over, empty on the very first start
 * @param last the log's last position, empty while it holds none
 * @param schemas the latest schema of every table that the log knows
 */
public record Resume(Optional<ResumeToken> token, Optional<Position> last, List<Schema> schemas) {

    public static final Resume NOTHING = new Resume(Optional.empty(), Optional.empty(), List.of());

    public Resume {
        schemas = List.copyOf(schemas);
    }
}
