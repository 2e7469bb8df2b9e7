package io.deltastreams.codec;

import io.deltastreams.change.Delta;
import io.deltastreams.settings.Settings;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns deltas into bytes. Contract:
 *
 * <ol>
 *   <li>Thread-safe, and pure but for the ids that a {@link SchemaRegistry} gives: the same delta gives the same bytes.
 *   <li>Nothing of a value is lost, and the form of a column's value depends on its type alone, never on the value.
 *   <li>Equal keys give equal bytes, different keys different ones.
 *   <li>What has no form at all is an {@link IllegalArgumentException} whose message names column and value; a schema that cannot be had now is
 *       {@link SchemasAway}, and the same delta is asked for again.
 * </ol>
 */
public interface Codec {

    /** The row's identity, or null where the stream has no key or the delta is a truncate. */
    byte @Nullable [] key(Delta delta);

    /** The whole delta. */
    byte[] value(Delta delta);

    /** What the format wants beside key and value where the carrier has headers: by name, in order; mostly nothing. */
    default Map<String, byte[]> headers(Delta delta) {
        return Map.of();
    }

    /** Makes the codecs of one format; a CDI bean with {@code @Identifier("avro")}, the value of an output's {@code format}. */
    interface Factory {

        /**
         * Reads what of an output's settings is this format's; whatever is wrong there goes into the settings' problems. Opens nothing yet.
         *
         * @return the codec by the topic that its bytes go to, which names the schemas; asked for once per topic
         */
        Function<String, Codec> create(Settings settings);
    }
}
