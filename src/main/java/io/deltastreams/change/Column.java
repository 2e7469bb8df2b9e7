package io.deltastreams.change;

/**
 * One column.
 *
 * @param name as the catalog spells it
 * @param nullable whether a value may be null
 */
public record Column(String name, Type type, boolean nullable) {}
