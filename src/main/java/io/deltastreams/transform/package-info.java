/**
 * The stages of a stream as pure functions: which rows, which columns, what is hidden; and the compiler of their SQL. May
 * know change and settings; third party: Calcite's SQL parser. Only its parser: types, names and meaning are ours, because they have to
 * be PostgreSQL's (numeric without bounds, its division, NaN above everything), and because an error has to name the nearest column.
 */
@NullMarked
package io.deltastreams.transform;

import org.jspecify.annotations.NullMarked;
