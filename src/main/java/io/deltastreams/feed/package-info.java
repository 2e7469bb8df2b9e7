/**
 * Live outputs: what a subscriber may ask for, who is admitted, and what narrowing makes of a stream's deltas. May know change, codec,
 * log, settings, stream and transform; third party: Mutiny, Vert.x and, to find the kinds of feed, which are leaves below, Quarkus' CDI.
 */
@NullMarked
package io.deltastreams.feed;

import org.jspecify.annotations.NullMarked;
