package io.deltastreams.postgres;

import io.deltastreams.change.TableId;
import io.deltastreams.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The section {@code source.postgresql}.
 *
 * @param tables names or patterns, {@code public.orders}, {@code public.*}; empty only where messages are captured
 * @param snapshotConnections how many read a snapshot side by side, 1 to 32
 * @param messages logical messages that are captured too
 * @param origin which changes come, by where they were made first
 * @param dropped columns that are never captured, as {@code schema.table.column}
 * @param reselect whether a value that an update did not bring is asked for
 * @param failover whether the slot is one that standbys keep a copy of; if nothing is said, a new one is, where the server can
 */
public record PostgresSettings(
        Server server,
        List<String> tables,
        LogicalMessages messages,
        Origin origin,
        Snapshot snapshot,
        int snapshotConnections,
        List<String> dropped,
        String slot,
        String publication,
        Optional<Boolean> failover,
        Duration heartbeat,
        WalBudget budget,
        boolean reselect) {

    private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
    private static final Pattern TABLE = Pattern.compile("[^.]+\\.[^.]+");

    /** pgoutput's option of that name (PostgreSQL manual, "Logical Streaming Replication Parameters"). */
    public enum Origin {
        ANY,
        /** Not what came in by replication from another server; from PostgreSQL 16 on. */
        NONE
    }

    /** Whether the tables' present rows come first. */
    public enum Snapshot {
        /** At one place of the history, before any change. */
        INITIAL,
        /** In chunks, while changes come. */
        INCREMENTAL,
        NEVER
    }

    public static PostgresSettings read(Settings settings) {
        Server server = Server.read(settings);
        return new PostgresSettings(
                server,
                tables(settings),
                LogicalMessages.read(settings),
                settings.choice("origin", Origin.ANY),
                settings.choice("snapshot", Snapshot.INITIAL),
                settings.number(
                        "snapshot_connections", Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8), 1, 32),
                dropped(settings),
                name(settings, "slot", "letters in lower case, digits and '_', 63 at most"),
                name(settings, "publication", "letters in lower case, digits and '_', 63 at most"),
                settings.has("failover") ? Optional.of(settings.flag("failover", true)) : Optional.empty(),
                settings.duration("heartbeat", Duration.ofSeconds(10)),
                WalBudget.read(settings.section("wal_budget")),
                settings.flag("reselect", false));
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
        if (items.isEmpty() && settings.items("messages").isEmpty()) {
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
