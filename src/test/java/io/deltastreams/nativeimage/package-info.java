/**
 * Whether the native executable would find what the JVM finds by name. {@link io.deltastreams.nativeimage.agent} records what a JVM looks up by
 * reflection while the tests run; here that is held against what is registered for {@code native-image}, by Quarkus in
 * {@code target/native-sources} and by us in {@code META-INF/native-image}.
 */
@NullMarked
package io.deltastreams.nativeimage;

import org.jspecify.annotations.NullMarked;
