package io.deltastreams.codec.registry;

/**
 * What a subject's next schema must keep to (<a
 * href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html">Confluent's levels</a>).
 */
enum Compatibility {
    BACKWARD,
    BACKWARD_TRANSITIVE,
    FORWARD,
    FORWARD_TRANSITIVE,
    FULL,
    FULL_TRANSITIVE,
    NONE
}
