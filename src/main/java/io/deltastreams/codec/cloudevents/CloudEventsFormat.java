package io.deltastreams.codec.cloudevents;

import io.deltastreams.codec.Codec;
import io.deltastreams.settings.Settings;
import io.smallrye.common.annotation.Identifier;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * The format {@code cloudevents}; {@code mode: binary | structured}, {@code source} (a URI reference, {@code /feeds/<stream>} unless it is said), {@code
 * type_prefix}, {@code bigint: number | string} of the data.
 */
@Singleton
@Identifier("cloudevents") final class CloudEventsFormat implements Codec.Factory {

    private static final String PREFIX = "io.deltastreams";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

    private final Codec json;
    private final Codec textualBigints;

    CloudEventsFormat(@Identifier("json") Codec json, @Identifier("json-bigint-string") Codec textualBigints) {
        this.json = json;
        this.textualBigints = textualBigints;
    }

    private enum Mode {
        BINARY,
        STRUCTURED
    }

    private enum Bigint {
        NUMBER,
        STRING
    }

    @Override
    public Function<String, Codec> create(Settings settings) {
        Codec data = settings.choice("bigint", Bigint.NUMBER) == Bigint.STRING ? textualBigints : json;
        String prefix = settings.text("type_prefix", PREFIX);
        if (!NAME.matcher(prefix).matches()) {
            settings.problem(
                    "type_prefix", "'%s' is no type's beginning; one looks like com.example.shop".formatted(prefix));
        }
        Attributes attributes = new Attributes(source(settings), prefix);
        Codec codec = settings.choice("mode", Mode.BINARY) == Mode.BINARY
                ? new BinaryEvents(data, attributes)
                : new StructuredEvents(data, attributes);
        return _ -> codec;
    }

    private static Optional<String> source(Settings settings) {
        Optional<String> source = settings.optionalText("source");
        if (source.isPresent() && !isUriReference(source.get())) {
            settings.problem(
                    "source",
                    "'%s' is no URI; one looks like https://example.com/shop or /shop, and has %%20 for a space"
                            .formatted(source.get()));
        }
        return source;
    }

    private static boolean isUriReference(String text) {
        try {
            // Java's URIs may have letters beyond ASCII; those of RFC 3986 may not.
            return !text.isEmpty() && new URI(text).toASCIIString().equals(text);
        } catch (URISyntaxException _) {
            return false;
        }
    }
}
