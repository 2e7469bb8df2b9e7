/**
 * The pipeline: its definition, read from one YAML file and checked as a whole, and its wiring of source, log, streams and outputs. May know
 * every port; the kinds of source and sink come by CDI and their identifier, never by import.
 */
@NullMarked
package io.deltastreams.pipeline;

import org.jspecify.annotations.NullMarked;
