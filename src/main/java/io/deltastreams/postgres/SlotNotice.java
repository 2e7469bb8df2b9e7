package io.deltastreams.postgres;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Says in the log what the making of a slot waits for, if it takes long. */
public final class SlotNotice implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(SlotNotice.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final CompletableFuture<Void> told;

    private SlotNotice(CompletableFuture<Void> told) {
        this.told = told;
    }

    /** Until it is closed. */
    public static SlotNotice of(PostgresSettings settings, ServerHistory server) {
        String reason = server.standby()
                ? "the primary to tell of running transactions; SELECT pg_log_standby_snapshot() there makes it tell at once"
                : "transactions that began before";
        return new SlotNotice(CompletableFuture.runAsync(
                () -> LOG.infof("slot=%s state=waiting for=\"%s\"", settings.slot(), reason),
                CompletableFuture.delayedExecutor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)));
    }

    @Override
    public void close() {
        told.cancel(false);
    }
}
