/**
 * PostgreSQL as every reader of it needs it: where the server is, whose log it has, what its catalog tells, the slot and publication, what can be
 * wrong and how to mend it, its types and their text form. May know change, settings and source (the port); third party: the PostgreSQL driver. The readers
 * themselves are leaves of source and do not know each other.
 */
@NullMarked
package io.deltastreams.postgres;

import org.jspecify.annotations.NullMarked;
