/**
 * The bytes of a delta: the port Codec, and the port SchemaRegistry that some formats need. May know change and settings; each format is a leaf below
 * with its own library, and so is the registry.
 */
@NullMarked
package io.deltastreams.codec;

import org.jspecify.annotations.NullMarked;
