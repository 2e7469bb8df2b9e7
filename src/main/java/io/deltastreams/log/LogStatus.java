package io.deltastreams.log;

import java.util.List;
import java.util.Optional;

/**
 * @param bytes durable in segment files (their index files, one 2000th of them or less, aside)
 * @param segments files
 * @param waitingFor the pinned readers that an append waits for at the disk budget; empty while none waits
 * @param refusal what the disk says that takes nothing more, and that an append waits for; empty while none waits
 */
public record LogStatus(long bytes, int segments, List<String> waitingFor, Optional<String> refusal) {

    public LogStatus {
        waitingFor = List.copyOf(waitingFor);
    }

    /** Why an append waits for room on disk, for people; empty while none does. */
    public Optional<String> waiting() {
        if (waitingFor.isEmpty()) {
            return refusal.map("its disk takes nothing more (%s); capture waits until it does"::formatted);
        }
        return Optional.of(
                "at its disk budget; capture waits for %s to move on".formatted(String.join(", ", waitingFor)));
    }
}
