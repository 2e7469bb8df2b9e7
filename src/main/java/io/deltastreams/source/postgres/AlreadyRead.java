package io.deltastreams.source.postgres;

import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which tables' changes a snapshot that was continued has in it already, until the stream has passed where it was taken. One thread. */
final class AlreadyRead {

    private final SnapshotState state;
    private final Map<TableId, Long> bases = new HashMap<>();

    private AlreadyRead(SnapshotState state) {
        this.state = state;
    }

    /** @param reads as the resume token has it */
    static AlreadyRead of(String reads, List<TableId> captured, Catalog catalog) throws SQLException {
        AlreadyRead already = new AlreadyRead(SnapshotState.parse(reads).orElseGet(SnapshotState::new));
        if (!already.state.isEmpty()) {
            for (TableId table : captured) {
                already.state.table(catalog.oid(table)).ifPresent(found -> already.bases.put(table, found.base()));
            }
        }
        return already;
    }

    /** The tables whose rows hold what a transaction did whose commit record ends there. */
    Set<TableId> covering(long commit) {
        if (bases.isEmpty()) {
            return Set.of();
        }
        return bases.entrySet().stream()
                .filter(base -> Long.compareUnsigned(commit, base.getValue()) <= 0)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** What a token has to keep once the stream has come there. */
    String after(long lsn) {
        if (bases.isEmpty()) {
            return "";
        }
        state.reached(lsn);
        bases.values().removeIf(base -> Long.compareUnsigned(base, lsn) <= 0);
        return state.text();
    }
}
