package io.deltastreams.pipeline;

import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Where blocking code runs: a virtual thread per task, never an event loop. */
final class Threads {

    static final String BLOCKING = "blocking";

    private static final ThreadFactory VIRTUAL =
            Thread.ofVirtual().name("delta-streams-", 0).factory();

    Threads() {}

    @Produces
    @Singleton
    @Identifier(BLOCKING) static Executor blocking() {
        return task -> VIRTUAL.newThread(task).start();
    }
}
