/** Registries, held against a real one, and what they make of answers that nobody wants. */
@NullMarked
package io.deltastreams.codec.registry;

import org.jspecify.annotations.NullMarked;
