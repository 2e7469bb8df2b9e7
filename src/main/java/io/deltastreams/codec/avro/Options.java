package io.deltastreams.codec.avro;

/**
 * What a user chooses about the schemas.
 *
 * @param namespace of all named types
 * @param exactDecimals whether decimals of a declared precision are Avro's {@code decimal}; otherwise all are strings
 */
record Options(String namespace, boolean exactDecimals) {}
