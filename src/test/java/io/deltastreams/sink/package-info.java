/** What every sink keeps to, and its decorators. */
@NullMarked
package io.deltastreams.sink;

import org.jspecify.annotations.NullMarked;
