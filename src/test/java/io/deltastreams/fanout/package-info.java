/** What it costs to serve many subscribers, beside the naive way. */
@NullMarked
package io.deltastreams.fanout;

import org.jspecify.annotations.NullMarked;
