/** The JSON codec, read back by Jackson. */
@NullMarked
package io.deltastreams.codec.json;

import org.jspecify.annotations.NullMarked;
