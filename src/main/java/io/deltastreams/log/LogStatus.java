package io.deltastreams.log;

import java.util.List;

/**
 * @param bytes durable in segment files (their index files, one 2000th of them or less, aside)
 * @param segments files
 * @param waitingFor the pinned readers that an append waits for at the disk budget; empty while none waits
 */
public record LogStatus(long bytes, int segments, List<String> waitingFor) {

    public LogStatus {
        waitingFor = List.copyOf(waitingFor);
    }

    public boolean waitingForRoom() {
        return !waitingFor.isEmpty();
    }
}
