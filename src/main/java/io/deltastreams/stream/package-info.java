/**
 * A named result of the pipeline: reads the log on demand, runs a stream's stages and shares the result among its
 * readers. May know change, log, state and transform; third party: Mutiny.
 */
@NullMarked
package io.deltastreams.stream;

import org.jspecify.annotations.NullMarked;
