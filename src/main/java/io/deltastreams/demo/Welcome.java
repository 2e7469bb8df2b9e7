package io.deltastreams.demo;

import java.nio.file.Path;

/** What dev mode says first: where to look. */
final class Welcome {

    private Welcome() {}

    /** @param database without a password in it */
    static String text(int httpPort, String database, String bootstrapServers, Path pipelineFile) {
        return """

                ── Delta Streams ─────────────────────────────────────────────────────────────
                  page       http://localhost:%1$d/
                  curl       curl -N http://localhost:%1$d/feeds/paid_orders
                  kafka      kcat -b %3$s -t shop.paid_orders
                             kafka-console-consumer.sh --bootstrap-server %3$s --topic shop.paid_orders
                  database   %2$s
                  pipeline   %4$s  (edit and save: dev mode restarts with it)
                ──────────────────────────────────────────────────────────────────────────────
                """.formatted(
                        httpPort,
                        database,
                        bootstrapServers,
                        pipelineFile.toAbsolutePath().normalize());
    }
}
