package io.deltastreams.log;

/**
 * @param bytes durable in segment files (their index files, one 2000th of them or less, aside)
 * @param segments files
 * @param waitingForRoom whether an append waits at the disk budget
 */
public record LogStatus(long bytes, int segments, boolean waitingForRoom) {}
