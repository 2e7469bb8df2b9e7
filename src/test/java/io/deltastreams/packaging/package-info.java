/**
 * What the build does to the package behind Quarkus' build, and whether it does. The programs here are run by Maven from their source, before any
 * test is: they know the JDK alone.
 */
@NullMarked
package io.deltastreams.packaging;

import org.jspecify.annotations.NullMarked;
