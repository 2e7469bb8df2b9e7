/** Tests of Server-Sent Events over real sockets. */
@NullMarked
package io.deltastreams.feed.sse;

import org.jspecify.annotations.NullMarked;
