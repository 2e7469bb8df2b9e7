/**
 * What an operator sees: health, metrics and the index of feeds. May know the pipeline and the ports, and reads them only.
 */
@NullMarked
package io.deltastreams.ops;

import org.jspecify.annotations.NullMarked;
