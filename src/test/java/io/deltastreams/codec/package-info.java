/** What every codec keeps to, and random deltas to try it with. */
@NullMarked
package io.deltastreams.codec;

import org.jspecify.annotations.NullMarked;
