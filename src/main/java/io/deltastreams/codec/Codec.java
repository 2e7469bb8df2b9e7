package io.deltastreams.codec;

import io.deltastreams.change.Delta;
import org.jspecify.annotations.Nullable;

/**
 * Turns deltas into bytes. Contract:
 *
 * <ol>
 *   <li>Pure and thread-safe: the same delta gives the same bytes.
 *   <li>Nothing of a value is lost, and the form of a column's value depends on its type alone, never on the value.
 *   <li>Equal keys give equal bytes, different keys different ones.
 * </ol>
 */
public interface Codec {

    /** The row's identity, or null where the stream has no key or the delta is a truncate. */
    byte @Nullable [] key(Delta delta);

    /** The whole delta. */
    byte[] value(Delta delta);
}
