/** Tests of what subscribers may ask for and get. */
@NullMarked
package io.deltastreams.feed;

import org.jspecify.annotations.NullMarked;
