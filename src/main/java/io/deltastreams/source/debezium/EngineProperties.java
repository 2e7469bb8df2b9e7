package io.deltastreams.source.debezium;

import io.deltastreams.change.TableId;
import io.deltastreams.postgres.Catalog;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.postgres.PostgresSettings.Origin;
import io.deltastreams.postgres.Preparation;
import io.deltastreams.postgres.Server;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;

/** What the engine is told, each with its why. */
final class EngineProperties {

    /** A regular expression that nothing meets: an empty list would mean every table. */
    private static final String NO_TABLE = "(?!)";

    private EngineProperties() {}

    /**
     * @param plan what to capture and where to stream from
     * @param placeholder what the engine is to write for values that were not sent
     */
    static Properties of(PostgresSettings settings, Preparation.Plan plan, String placeholder) {
        Properties properties = new Properties();
        connection(properties, settings, plan);
        contents(properties, plan.captured().tables(), plan.excluded());
        values(properties, placeholder);
        pace(properties, settings);
        properties.setProperty("offset.storage", EngineOffsets.class.getName());
        properties.setProperty(
                EngineOffsets.BEGINNING,
                plan.snapshot() ? "" : EngineOffsets.behind(plan.start().point().lsn()));
        // Every mark of ours is told to the server at once: we mark only what is durable, and not often.
        properties.setProperty("offset.flush.interval.ms", "0");
        properties.setProperty("snapshot.mode", plan.snapshot() ? "initial" : "no_data");
        return properties;
    }

    private static void connection(Properties properties, PostgresSettings settings, Preparation.Plan plan) {
        Server server = settings.server();
        properties.setProperty("name", settings.slot());
        properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties.setProperty("topic.prefix", settings.slot());
        // The engine takes one host: of several, the one whose history the plan knows.
        Server.Host host = plan.server().host();
        properties.setProperty("database.hostname", host.name());
        properties.setProperty("database.port", Integer.toString(host.port()));
        properties.setProperty("database.user", server.user());
        if (!server.password().isEmpty()) {
            properties.setProperty("database.password", server.password());
        }
        properties.setProperty("database.dbname", server.database());
        server.options().forEach((key, value) -> properties.setProperty("database." + key, value));
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", settings.slot());
        if (settings.origin() == Origin.NONE) {
            properties.setProperty("slot.stream.params", "origin=none");
        }
        properties.setProperty("publication.name", settings.publication());
        properties.setProperty("slot.failover", Boolean.toString(plan.failover()));
        // We make the publication, for just the tables captured and with publish_via_partition_root.
        properties.setProperty("publication.autocreate.mode", "disabled");
        // A lost connection ends the run; the pipeline starts a new one at the log's end, with backoff, and health
        // shows it.
        properties.setProperty("errors.max.retries", "0");
        properties.setProperty("slot.max.retries", "0");
    }

    private static void contents(Properties properties, List<TableId> tables, List<String> excluded) {
        properties.setProperty(
                "table.include.list",
                tables.isEmpty()
                        ? NO_TABLE
                        : tables.stream().map(table -> literally(table.text())).collect(Collectors.joining(",")));
        if (!excluded.isEmpty()) {
            properties.setProperty(
                    "column.exclude.list",
                    excluded.stream().map(EngineProperties::literally).collect(Collectors.joining(",")));
        }
        // Where transactions end is told by these records, and with it the position of their changes.
        properties.setProperty("provide.transaction.metadata", "true");
        properties.setProperty("tombstones.on.delete", "false");
        // The default leaves truncates out.
        properties.setProperty("skipped.operations", "none");
        properties.setProperty("publish.via.partition.root", "true");
    }

    private static void values(Properties properties, String placeholder) {
        properties.setProperty("converters", "plain");
        properties.setProperty("plain.type", PlainValues.class.getName());
        properties.setProperty("plain." + PlainValues.PLACEHOLDER, placeholder);
        properties.setProperty("unavailable.value.placeholder", placeholder);
        properties.setProperty("time.precision.mode", "microseconds");
        properties.setProperty("binary.handling.mode", "bytes");
        properties.setProperty("decimal.handling.mode", "string");
        properties.setProperty("interval.handling.mode", "string");
        properties.setProperty("hstore.handling.mode", "map");
        properties.setProperty("include.unknown.datatypes", "true");
        // A record's own schema then tells the type as captured; the catalog may have gone on since.
        properties.setProperty("column.propagate.source.type", ".*");
    }

    private static void pace(Properties properties, PostgresSettings settings) {
        // The engine waits this long for a batch to fill: it is the latency of a quiet stream (its default is 500 ms).
        properties.setProperty("poll.interval.ms", "10");
        properties.setProperty("max.batch.size", "8192");
        properties.setProperty("max.queue.size", "32768");
        properties.setProperty("max.queue.size.in.bytes", Long.toString(32L << 20));
        // Rows, not bytes, at once in memory: few enough for rows of 100 KB.
        properties.setProperty("snapshot.fetch.size", "1000");
        properties.setProperty(
                "heartbeat.interval.ms", Long.toString(settings.heartbeat().toMillis()));
        // Moves the slot although only other databases of the cluster write; needs neither a table nor a privilege.
        properties.setProperty("heartbeat.action.query", Catalog.HEARTBEAT);
        properties.setProperty("task.management.timeout.ms", "10000");
        properties.setProperty("executor.shutdown.timeout.ms", "4000");
    }

    /** A regular expression that means just this name; a comma would end it. */
    private static String literally(String name) {
        return name.replaceAll("([^A-Za-z0-9_,])", "\\\\$1").replace(",", "\\x2c");
    }
}
