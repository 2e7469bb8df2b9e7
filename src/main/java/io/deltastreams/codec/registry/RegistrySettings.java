package io.deltastreams.codec.registry;

import io.deltastreams.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code registry} of an output's settings; whatever is wrong becomes a problem there. */
final class RegistrySettings {

    private static final String ADDRESS = "http://localhost:8081";

    /** {@code localhost:8081}: rather an address without its scheme than a folder. */
    private static final Pattern HOST_AND_PORT = Pattern.compile("[A-Za-z0-9.-]+:\\d{1,5}(/.*)?");

    private RegistrySettings() {}

    /** Which of the two it is. */
    sealed interface Place {

        record Remote(Access access) implements Place {}

        record Folder(Path path) implements Place {}
    }

    /** Empty where there was a problem. */
    static Optional<Place> read(Settings settings) {
        if (settings.isSection("registry")) {
            return section(settings.section("registry")).map(Place.Remote::new);
        }
        if (!settings.has("registry")) {
            settings.problem(
                    "registry",
                    ("is missing, and the format needs one: write registry: %s, the address of a registry with Confluent's REST API, or"
                                    + " registry: schemas, a folder")
                            .formatted(ADDRESS));
            return Optional.empty();
        }
        Optional<String> text = settings.optionalText("registry").map(String::strip);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.get().contains("://") || HOST_AND_PORT.matcher(text.get()).matches()) {
            return address(settings, "registry", text.get()).map(uri -> new Place.Remote(new Access(uri, null, null)));
        }
        return folder(settings, text.get());
    }

    private static Optional<Place> folder(Settings settings, String text) {
        try {
            if (!text.isEmpty()) {
                return Optional.of(
                        new Place.Folder(Path.of(text).toAbsolutePath().normalize()));
            }
        } catch (InvalidPathException _) {
            // Told below.
        }
        settings.problem("registry", "'%s' is neither a folder nor an address such as %s".formatted(text, ADDRESS));
        return Optional.empty();
    }

    private static Optional<Access> section(Settings section) {
        Optional<String> text = section.optionalText("url").map(String::strip);
        if (text.isEmpty()) {
            section.problem(
                    "url",
                    "is missing: the registry's address, such as %s; a folder is written registry: schemas, without a section"
                            .formatted(ADDRESS));
        }
        Optional<URI> address = text.flatMap(url -> address(section, "url", url));
        String authorization = authorization(section);
        Compatibility compatibility = section.choice("compatibility", Compatibility.NONE);
        return address.map(uri -> new Access(uri, authorization, section.has("compatibility") ? compatibility : null));
    }

    private static @Nullable String authorization(Settings section) {
        Optional<String> user = section.optionalText("user");
        Optional<String> password = section.optionalText("password");
        Optional<String> token = section.optionalText("token");
        if (user.isPresent() != password.isPresent()) {
            section.problem(user.isPresent() ? "user" : "password", "user and password belong together: write both");
        }
        if (user.isPresent() && user.get().contains(":")) {
            section.problem("user", "a user with ':' cannot be told by HTTP's basic authentication");
        }
        if (token.isPresent() && (user.isPresent() || password.isPresent())) {
            section.problem("token", "write either a token or user and password");
        }
        if (token.isPresent() && !token.get().matches("[!-~]+")) {
            section.problem("token", "must be of visible ASCII characters alone");
            return null;
        }
        if (token.isPresent()) {
            return "Bearer " + token.get();
        }
        if (user.isEmpty() || password.isEmpty()) {
            return null;
        }
        byte[] both = (user.get() + ":" + password.get()).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(both);
    }

    private static Optional<URI> address(Settings settings, String key, String text) {
        if (text.contains("@")) {
            // It is not repeated: there may be a password in it.
            settings.problem(
                    key, "has a user in it: write registry: {url: %s, user: ..., password: ...}".formatted(ADDRESS));
            return Optional.empty();
        }
        try {
            URI uri = new URI(text.replaceFirst("/+$", ""));
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            boolean known = scheme.equals("http") || scheme.equals("https");
            if (known
                    && uri.getHost() != null
                    && uri.getPort() <= 65_535
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null) {
                return Optional.of(uri);
            }
        } catch (URISyntaxException _) {
            // Told below.
        }
        settings.problem(
                key,
                "'%s' must be one address with http:// or https:// and a host, such as %s or https://host/apis/ccompat/v7%s"
                        .formatted(
                                text,
                                ADDRESS,
                                key.equals("url") ? "; a folder is written registry: schemas, without a section" : ""));
        return Optional.empty();
    }
}
