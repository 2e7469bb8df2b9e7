/**
 * The durable, totally ordered log of changes on local disk: append, read from a position, retention, recovery. May know
 * change; no third party.
 */
@NullMarked
package io.deltastreams.log;

import org.jspecify.annotations.NullMarked;
