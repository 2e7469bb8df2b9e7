@NullMarked
package io.deltastreams.codec.cloudevents;

import org.jspecify.annotations.NullMarked;
