package io.deltastreams.transform;

import io.deltastreams.change.Row;
import org.jspecify.annotations.Nullable;

/**
 * A compiled expression: its value for a row, of the class that its type names, or null. Pure and thread-safe.
 */
@FunctionalInterface
interface Eval {

    /**
     * @throws Failure if the expression has no value for this row
     * @throws Missing if it needs a column that the row does not carry
     */
    @Nullable Object at(Row row);
}
