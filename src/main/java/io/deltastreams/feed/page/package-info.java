/**
 * Feeds as pages for those who do not stream: JSON and newline-delimited JSON, to be fetched one after the other, cached, and waited for. May know
 * what its room may; nobody imports it.
 */
@NullMarked
package io.deltastreams.feed.page;

import org.jspecify.annotations.NullMarked;
