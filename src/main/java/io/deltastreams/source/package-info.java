/**
 * Where changes come from: the port ChangeSource and its contract. May know change and settings; the kinds of source are
 * leaves below.
 */
@NullMarked
package io.deltastreams.source;

import org.jspecify.annotations.NullMarked;
