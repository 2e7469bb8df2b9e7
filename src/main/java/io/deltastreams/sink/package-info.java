/**
 * Where deltas go: the port Sink, its contract and its decorators; and the port Relay, by which the whole log goes to other instances. May know change, codec and settings; third party:
 * Mutiny. The kinds of sink are leaves below.
 */
@NullMarked
package io.deltastreams.sink;

import org.jspecify.annotations.NullMarked;
