/** The sink in memory. */
@NullMarked
package io.deltastreams.sink.memory;

import org.jspecify.annotations.NullMarked;
