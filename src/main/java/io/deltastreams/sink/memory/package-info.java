/**
 * The sink that keeps what it is given in memory: for trying a pipeline out, and for tests, which can make it fail. May know change, settings
 * and sink; third party: Mutiny and CDI's annotations.
 */
@NullMarked
package io.deltastreams.sink.memory;

import org.jspecify.annotations.NullMarked;
