/**
 * The bytes of a delta: the port Codec. May know change; each format is a leaf below with its own library.
 */
@NullMarked
package io.deltastreams.codec;

import org.jspecify.annotations.NullMarked;
