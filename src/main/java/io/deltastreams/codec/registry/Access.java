package io.deltastreams.codec.registry;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * How a registry is reached, and what its subjects are held to.
 *
 * @param address without a slash at its end
 * @param authorization the header's value, null where the registry asks for none
 * @param compatibility null where the registry's own counts
 */
record Access(
        URI address,
        @Nullable String authorization,
        @Nullable Compatibility compatibility) {

    /** Without the secret (Invariant 9). */
    @Override
    public String toString() {
        return address.toString();
    }
}
