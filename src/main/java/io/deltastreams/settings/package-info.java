/**
 * The pipeline file as typed reads: each section knows its place in the file, so that whatever is wrong is told with
 * line, column and what would be right. Knows nothing but the YAML parser; sources, sinks and the pipeline read their
 * sections through it.
 */
@NullMarked
package io.deltastreams.settings;

import org.jspecify.annotations.NullMarked;
