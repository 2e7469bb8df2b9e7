package io.deltastreams.postgres;

import io.deltastreams.change.TableId;
import io.deltastreams.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The section {@code source.postgresql}.
 *
 * @param tables names or patterns, {@code public.orders}, {@code public.*}
 * @param snapshotConnections how many read a snapshot side by side, 1 to 32
 * @param dropped columns that are never captured, as {@code schema.table.column}
 */
public record PostgresSettings(
        Server server,
        List<String> tables,
        Snapshot snapshot,
        int snapshotConnections,
        List<String> dropped,
        String slot,
        String publication,
        Duration heartbeat) {

    private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
    private static final Pattern TABLE = Pattern.compile("[^.]+\\.[^.]+");

    private static final int CONNECTIONS = Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);

    /** Whether the tables' present rows come first. */
    public enum Snapshot {
        INITIAL,
        NEVER
    }

    /** @param options what stands behind the question mark: {@code sslmode} and the driver's others */
    public record Server(
            String host, int port, String database, String user, String password, Map<String, String> options) {

        public String jdbcUrl() {
            String address = host.contains(":") ? "[" + host + "]" : host;
            return "jdbc:postgresql://%s:%d/%s".formatted(address, port, database);
        }

        /** Without the password, which must not appear anywhere (Invariant 9). */
        @Override
        public String toString() {
            return "%s:%d/%s".formatted(host, port, database);
        }
    }

    public static PostgresSettings read(Settings settings) {
        Server server = server(settings);
        return new PostgresSettings(
                server,
                tables(settings),
                settings.choice("snapshot", Snapshot.INITIAL),
                settings.number("snapshot_connections", CONNECTIONS, 1, 32),
                dropped(settings),
                name(settings, "slot", "letters in lower case, digits and '_', 63 at most"),
                name(settings, "publication", "letters in lower case, digits and '_', 63 at most"),
                settings.duration("heartbeat", Duration.ofSeconds(10)));
    }

    private static String name(Settings settings, String key, String expected) {
        String name = settings.text(key, "delta_streams");
        if (!SLOT.matcher(name).matches()) {
            settings.problem(key, "'%s' must be %s".formatted(name, expected));
        }
        return name;
    }

    private static List<String> tables(Settings settings) {
        List<Settings.Item> items = settings.items("tables");
        if (items.isEmpty()) {
            settings.problem("tables", "name the tables to capture: [public.orders, public.customers] or [public.*]");
        }
        List<String> tables = new ArrayList<>();
        for (Settings.Item item : items) {
            if (TABLE.matcher(item.text()).matches()) {
                tables.add(item.text());
            } else {
                settings.problem(
                        item, "'%s' is no table; one looks like public.orders or public.*".formatted(item.text()));
            }
        }
        return List.copyOf(tables);
    }

    private static List<String> dropped(Settings settings) {
        Settings columns = settings.section("columns");
        List<String> dropped = new ArrayList<>();
        for (String column : columns.keys()) {
            String what = columns.text(column);
            if (!what.equals("drop")) {
                columns.problem(column, "'%s' must be drop".formatted(what));
            }
            if (column.chars().filter(letter -> letter == '.').count() != 2) {
                columns.problem(column, "a column looks like public.customers.ssn");
            }
            dropped.add(column);
        }
        return List.copyOf(dropped);
    }

    private static Server server(Settings settings) {
        String url = settings.text("url");
        String user = settings.text("user", "");
        String password = settings.text("password", "");
        String plain = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
        Server nowhere = new Server("localhost", 5432, "postgres", user, password, Map.of());
        URI uri = parsed(plain);
        if (uri == null
                || uri.getHost() == null
                || uri.getPath() == null
                || uri.getPath().length() < 2) {
            if (!url.isEmpty()) {
                settings.problem("url", "must look like postgresql://user:password@host:5432/database?sslmode=prefer");
            }
            return nowhere;
        }
        Map<String, String> options = options(uri.getRawQuery());
        String[] credentials = uri.getRawUserInfo() == null
                ? new String[0]
                : uri.getRawUserInfo().split(":", 2);
        String fromUrl = options.remove("user");
        String secretFromUrl = options.remove("password");
        if (user.isEmpty()) {
            user = credentials.length > 0 ? decoded(credentials[0]) : fromUrl == null ? "postgres" : fromUrl;
        }
        if (password.isEmpty()) {
            password = credentials.length > 1 ? decoded(credentials[1]) : secretFromUrl == null ? "" : secretFromUrl;
        }
        String host = uri.getHost().replaceAll("[\\[\\]]", "");
        int port = uri.getPort() < 0 ? 5432 : uri.getPort();
        return new Server(host, port, decoded(uri.getRawPath().substring(1)), user, password, Map.copyOf(options));
    }

    private static @Nullable URI parsed(String text) {
        try {
            URI uri = new URI(text);
            return List.of("postgresql", "postgres").contains(String.valueOf(uri.getScheme())) ? uri : null;
        } catch (URISyntaxException _) {
            return null;
        }
    }

    private static Map<String, String> options(@Nullable String query) {
        Map<String, String> options = new LinkedHashMap<>();
        if (query != null) {
            for (String part : query.split("&", -1)) {
                String[] pair = part.split("=", 2);
                options.put(decoded(pair[0]), pair.length > 1 ? decoded(pair[1]) : "");
            }
        }
        return options;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Whether one of the names and patterns means this table; {@code *} stands for any letters within a name. */
    public boolean captures(TableId table) {
        return tables.stream().anyMatch(pattern -> matches(pattern, table));
    }

    public static boolean matches(String pattern, TableId table) {
        String regex =
                Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining("[^.]*"));
        return Pattern.matches(regex, table.text());
    }
}
