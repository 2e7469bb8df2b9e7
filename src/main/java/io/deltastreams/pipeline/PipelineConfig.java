package io.deltastreams.pipeline;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What the environment says of the pipeline; all else stands in its file. */
@ConfigMapping(prefix = "delta-streams")
interface PipelineConfig {

    /** The pipeline file; {@code DELTA_STREAMS_FILE} in the environment. */
    @WithDefault("delta-streams.yaml")
    Path file();

    /** How long SIGTERM may take to deliver what was captured before outputs are cut off; they go on there at the next start. */
    @WithDefault("5s")
    Duration drain();

    /** {@code caught-up}: ends by itself once it has delivered what there was when it began. {@code DELTA_STREAMS_UNTIL}, or {@code --until}. */
    Optional<String> until();

    /** How long that may take; without, as long as it takes. {@code DELTA_STREAMS_WITHIN}, or {@code --within}. */
    Optional<Duration> within();
}
