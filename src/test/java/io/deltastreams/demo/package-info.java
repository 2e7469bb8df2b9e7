/** The demo's servers and its shop. */
@NullMarked
package io.deltastreams.demo;

import org.jspecify.annotations.NullMarked;
