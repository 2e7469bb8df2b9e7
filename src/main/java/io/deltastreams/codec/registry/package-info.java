/**
 * Where schemas are kept: a registry that speaks Confluent's REST API, or a folder, say of a git repository. May know codec and settings; third party:
 * Jackson's trees. HTTP is the JDK's client.
 */
@NullMarked
package io.deltastreams.codec.registry;

import org.jspecify.annotations.NullMarked;
