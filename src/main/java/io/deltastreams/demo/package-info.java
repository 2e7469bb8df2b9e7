/**
 * A busy shop on an embedded PostgreSQL and an in-process broker; only in dev mode and tests, its libraries stay out of the package. Knows
 * nothing of the pipeline, which meets it as any other database and broker, and nobody knows it.
 */
@NullMarked
package io.deltastreams.demo;

import org.jspecify.annotations.NullMarked;
