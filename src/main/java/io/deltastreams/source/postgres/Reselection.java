package io.deltastreams.source.postgres;

import io.deltastreams.postgres.Connections;
import io.deltastreams.postgres.PostgresSettings;
import io.deltastreams.source.postgres.Conveyor.Part;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Fetches, by key, the values that updates did not bring along because they stayed as they were (PostgreSQL manual, "TOAST"). What is fetched is
 * the table's present value: it may be newer than the change, and is never older. Where the row is gone by now, or the table has another shape,
 * the value stays unsent. Through a session of its own; one thread.
 */
final class Reselection implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Reselection.class);
    /** So much is fetched before it is handed over (Invariant 8). */
    private static final long MOST_BYTES = 8 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(5);

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Interruptible session;
    private final List<String> excluded;
    private final Set<String> warned = new HashSet<>();

    private Reselection(Connection connection, List<String> excluded) {
        this.session = new Interruptible(connection);
        this.excluded = excluded;
    }

    /**
     * @param excluded columns that do not come, as {@code schema.table.column}
     * @return null where the settings do not ask for it
     */
    static @Nullable Reselection open(PostgresSettings settings, List<String> excluded) throws SQLException {
        if (!settings.reselect()) {
            return null;
        }
        Connection connection = Connections.openForValues(settings.server());
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET application_name = 'delta-streams reselect'");
            // It may have nothing to do for long; and a table that is being altered shall not hold up all others.
            statement.execute("SET idle_session_timeout = 0");
            statement.execute("SET statement_timeout = 0");
            statement.execute("SET lock_timeout = '5s'");
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(false);
            return new Reselection(connection, excluded);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * @param done with what could be fetched
     * @param left what comes behind it
     */
    record Step(List<Part> done, List<Part> left) {}

    /** Completes parts in order: all, or as many as may be in memory at once. */
    Step complete(List<Part> parts) throws SQLException, InterruptedException {
        List<Part> lacking = parts.stream().filter(Part::lacks).toList();
        if (lacking.isEmpty()) {
            return new Step(parts, List.of());
        }
        Instant patience = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(patience)) {
            Optional<Step> step = session.call(connection -> complete(connection, parts, lacking));
            if (step.isPresent()) {
                return step.get();
            }
            Thread.sleep(PAUSE);
        }
        warn("a transaction that has been committed cannot be seen yet: does it wait for synchronous_standby_names?");
        return new Step(parts, List.of());
    }

    /** @return empty while one of the transactions is not visible: the log tells of a commit before other sessions see it */
    private Optional<Step> complete(Connection connection, List<Part> parts, List<Part> lacking) throws SQLException {
        try {
            VisibleTransactions visible = VisibleTransactions.of(connection);
            return lacking.stream().allMatch(part -> visible.sees(part.origin().id()))
                    ? Optional.of(fetch(connection, parts, lacking))
                    : Optional.empty();
        } finally {
            if (!connection.isClosed()) {
                connection.rollback();
            }
        }
    }

    private Step fetch(Connection connection, List<Part> parts, List<Part> lacking) throws SQLException {
        Map<TableForm, List<Draft.Lacking>> asked = new HashMap<>();
        lacking.stream().flatMap(part -> part.drafts().stream()).forEach(draft -> {
            if (draft instanceof Draft.Lacking row) {
                asked.computeIfAbsent(row.form(), _ -> new ArrayList<>()).add(row);
            }
        });
        Map<TableForm, PresentRows> tables = new HashMap<>();
        try {
            for (Map.Entry<TableForm, List<Draft.Lacking>> table : asked.entrySet()) {
                present(connection, table.getKey(), table.getValue())
                        .ifPresent(rows -> tables.put(table.getKey(), rows));
            }
            return complete(parts, tables);
        } finally {
            for (PresentRows rows : tables.values()) {
                rows.close();
            }
        }
    }

    private Optional<PresentRows> present(Connection connection, TableForm form, List<Draft.Lacking> asked)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            return PresentRows.query(connection, form.schema(), excluded, asked);
        } catch (SQLException e) {
            if (!isUnreadable(String.valueOf(e.getSQLState()))) {
                throw e;
            }
            connection.rollback(before);
            warn("%s cannot be read now (SQLSTATE %s)"
                    .formatted(form.schema().relation().text(), e.getSQLState()));
            return Optional.empty();
        }
    }

    /** Whether the table is gone or another one by now, or is being altered. */
    private static boolean isUnreadable(String state) {
        return state.equals(LOCK_NOT_AVAILABLE)
                || state.startsWith("3F")
                || (state.startsWith("42") && !state.equals(INSUFFICIENT_PRIVILEGE));
    }

    private void warn(String what) {
        if (warned.add(what)) {
            LOG.warnf("reselect=left note=\"%s; its values stay unchanged, as they were sent\"", what);
        }
    }

    private static Step complete(List<Part> parts, Map<TableForm, PresentRows> tables) throws SQLException {
        List<Part> done = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            List<Draft> drafts = new ArrayList<>(part.drafts().size());
            for (Draft draft : part.drafts()) {
                PresentRows rows = draft instanceof Draft.Lacking lacking ? tables.get(lacking.form()) : null;
                if (bytes >= MOST_BYTES || (rows != null && !rows.hasNext())) {
                    return cut(done, parts, i, drafts);
                }
                if (rows != null && draft instanceof Draft.Lacking lacking) {
                    Draft complete = rows.complete(lacking);
                    bytes += rows.bytes();
                    drafts.add(complete);
                } else {
                    drafts.add(draft);
                }
            }
            done.add(new Part(part.origin(), part.kind(), drafts, part.first(), part.last()));
        }
        return new Step(done, List.of());
    }

    /** Between two drafts of the i-th part. */
    private static Step cut(List<Part> done, List<Part> parts, int i, List<Draft> drafts) {
        Part part = parts.get(i);
        List<Part> left = new ArrayList<>(parts.subList(i, parts.size()));
        if (!drafts.isEmpty()) {
            done.add(new Part(part.origin(), part.kind(), drafts, part.first(), false));
            List<Draft> rest =
                    part.drafts().subList(drafts.size(), part.drafts().size());
            left.set(0, new Part(part.origin(), part.kind(), rest, false, part.last()));
        }
        return new Step(done, left);
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }
}
