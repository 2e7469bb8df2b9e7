package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Transaction;
import io.deltastreams.log.ChangeLog;
import io.deltastreams.log.LogSettings;
import io.deltastreams.log.Slice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Reads a stopped service's log from its beginning. */
final class LogOracle {

    private LogOracle() {}

    /** Invariant 2: positions strictly increase. */
    static void assertEachPositionOnce(Path folder) throws IOException {
        assertEachPositionOnce(folder, _ -> {});
    }

    /** @param reader takes every change, in order */
    static void assertEachPositionOnce(Path folder, Consumer<Change> reader) throws IOException {
        long changes = 0;
        try (ChangeLog log = ChangeLog.open(LogSettings.at(folder))) {
            Position end = log.last().orElseThrow();
            Position at = log.removedUpTo();
            while (end.isAfter(at)) {
                Slice.Changes slice = (Slice.Changes) log.read(at, _ -> true, 1 << 20);
                for (Transaction transaction : slice.transactions()) {
                    for (Change change : transaction.changes()) {
                        assertThat(change.position()).isGreaterThan(at);
                        at = change.position();
                        reader.accept(change);
                        changes++;
                    }
                }
                at = slice.upTo();
            }
        }
        assertThat(changes).isPositive();
    }
}
