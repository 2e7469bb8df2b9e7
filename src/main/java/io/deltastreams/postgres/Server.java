package io.deltastreams.postgres;

import io.deltastreams.settings.Settings;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where the database is, and who we are there: {@code postgresql://user:password@host:5432,other:5432/database?sslmode=verify-full}, as libpq writes
 * it (PostgreSQL manual, "Connection URIs").
 *
 * @param hosts tried in turn; never empty
 * @param password empty if a password file is to tell it ({@code ~/.pgpass}, {@code PGPASSFILE})
 * @param options the driver's, by its own names: {@code sslmode}, {@code sslrootcert}, {@code targetServerType} …
 */
public record Server(List<Host> hosts, String database, String user, String password, Map<String, String> options) {

    private static final int PORT = 5432;
    private static final Pattern URL =
            Pattern.compile("(?:jdbc:)?postgres(?:ql)?://(?:([^/]*)@)?([^/?@]+)/([^?/]+)(?:\\?(.*))?");
    private static final Pattern HOST = Pattern.compile("(?:\\[([0-9a-fA-F:.%]+)]|([^\\[\\]:]+))(?::(\\d{1,5}))?");

    /** What libpq calls otherwise than the driver does. */
    private static final Map<String, String> NAMES =
            Map.of("target_session_attrs", "targetServerType", "connect_timeout", "connectTimeout");

    private static final Map<String, String> SESSION_ATTRIBUTES = Map.of(
            "any", "any",
            "read-write", "primary",
            "primary", "primary",
            "read-only", "secondary",
            "standby", "secondary",
            "prefer-standby", "preferSecondary");

    public Server {
        hosts = List.copyOf(hosts);
        options = Map.copyOf(options);
    }

    /** @param name a name or an address, without brackets */
    public record Host(String name, int port) {

        /** As it stands in a URL. */
        @Override
        public String toString() {
            return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }
    }

    /** Reads {@code url}, and {@code user} and {@code password}, which go before what stands there. */
    static Server read(Settings settings) {
        String url = settings.text("url");
        String user = settings.text("user", "");
        String password = settings.text("password", "");
        Matcher matcher = URL.matcher(url);
        Optional<List<Host>> hosts = matcher.matches() ? hosts(matcher.group(2)) : Optional.empty();
        if (hosts.isEmpty()) {
            if (!url.isEmpty()) {
                settings.problem("url", "must look like postgresql://user:password@host:5432/database?sslmode=prefer");
            }
            return new Server(List.of(new Host("localhost", PORT)), "postgres", user, password, Map.of());
        }
        Map<String, String> options = options(matcher.group(4), settings);
        String[] credentials =
                matcher.group(1) == null ? new String[0] : matcher.group(1).split(":", 2);
        return new Server(
                hosts.get(),
                decoded(matcher.group(3)),
                first(user, credentials.length > 0 ? decoded(credentials[0]) : "", options.remove("user"), "postgres"),
                first(password, credentials.length > 1 ? decoded(credentials[1]) : "", options.remove("password"), ""),
                options);
    }

    private static String first(@Nullable String... texts) {
        return Arrays.stream(texts)
                .filter(text -> text != null && !text.isEmpty())
                .findFirst()
                .orElse("");
    }

    private static Optional<List<Host>> hosts(String text) {
        List<Host> hosts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher matcher = HOST.matcher(part);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            String name = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
            int port = matcher.group(3) == null ? PORT : Integer.parseInt(matcher.group(3));
            hosts.add(new Host(decoded(name), port));
        }
        return Optional.of(hosts);
    }

    private static Map<String, String> options(@Nullable String query, Settings settings) {
        Map<String, String> options = new LinkedHashMap<>();
        if (query != null) {
            for (String part : query.split("&", -1)) {
                String[] pair = part.split("=", 2);
                String name = decoded(pair[0]);
                String value = pair.length > 1 ? decoded(pair[1]) : "";
                options.put(NAMES.getOrDefault(name, name), translated(name, value, settings));
            }
        }
        return options;
    }

    private static String translated(String name, String value, Settings settings) {
        if (!name.equals("target_session_attrs")) {
            return value;
        }
        String type = SESSION_ATTRIBUTES.get(value);
        if (type == null) {
            settings.problem(
                    "url",
                    "target_session_attrs=%s must be one of any, read-write, read-only, primary, standby, prefer-standby"
                            .formatted(value));
            return "any";
        }
        return type;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://%s/%s".formatted(addresses(), database);
    }

    /** All hosts, separated by commas. */
    public String addresses() {
        return hosts.stream().map(Host::toString).collect(Collectors.joining(","));
    }

    /** Without the password, which must not appear anywhere (Invariant 9). */
    @Override
    public String toString() {
        return "%s/%s".formatted(addresses(), database);
    }
}
