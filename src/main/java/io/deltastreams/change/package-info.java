/**
 * The words: what a change, a transaction, a position, a schema and a delta are. Knows nothing but the JDK: no I/O, no clock, no
 * framework.
 */
@NullMarked
package io.deltastreams.change;

import org.jspecify.annotations.NullMarked;
