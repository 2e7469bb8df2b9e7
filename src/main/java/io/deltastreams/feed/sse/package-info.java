/**
 * Feeds as Server-Sent Events (WHATWG HTML, section 9.2): one long answer per subscriber, resumed by {@code Last-Event-ID}. May know what
 * its room may; nobody imports it.
 */
@NullMarked
package io.deltastreams.feed.sse;

import org.jspecify.annotations.NullMarked;
