package io.deltastreams.codec;

import io.deltastreams.settings.Settings;
import java.util.List;

/**
 * Where the schemas of keys and values are kept, by subject ({@code orders-key}, {@code orders-value}), for readers that find them by the id in
 * front of each record ({@link WireFormat}). Contract:
 *
 * <ol>
 *   <li>Thread-safe; both methods may block for some seconds.
 *   <li>What it has told once it tells again without asking anybody, so that a registry that goes away holds up no schema that is known.
 *   <li>Whoever has no answer throws {@link SchemasAway}; a schema that the registry refuses is an {@link IllegalArgumentException} with the
 *       registry's reason.
 * </ol>
 */
public interface SchemaRegistry {

    /** The languages of schemas, as the registries call them. */
    enum Language {
        AVRO,
        PROTOBUF,
        JSON
    }

    /** The id of this very schema under the subject, as its next version if it is not there yet. */
    int id(String subject, Language language, String schema);

    /** The subject's schemas as the registry has them now, the oldest first; none if it does not know the subject. */
    List<String> versions(String subject);

    /** Opens registries; the one CDI bean of its type. */
    interface Provider {

        /**
         * Reads {@code registry} of an output's settings, which must be there: an address of Confluent's REST API or a folder. Asks nobody
         * yet; outputs with the same registry share it.
         */
        SchemaRegistry of(Settings settings);
    }
}
