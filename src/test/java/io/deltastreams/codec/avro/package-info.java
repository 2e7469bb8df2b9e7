/** The Avro codec, read back by Avro's own reader. */
@NullMarked
package io.deltastreams.codec.avro;

import org.jspecify.annotations.NullMarked;
