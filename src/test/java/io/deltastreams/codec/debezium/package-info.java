/** The events in Debezium's form, held against Debezium's own. */
@NullMarked
package io.deltastreams.codec.debezium;

import org.jspecify.annotations.NullMarked;
