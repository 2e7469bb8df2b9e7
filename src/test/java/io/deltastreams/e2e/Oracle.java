package io.deltastreams.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What PostgreSQL itself says a table holds, row by row as its own {@code row_to_json} writes it. */
final class Oracle {

    private final String jdbcUrl;

    Oracle(String jdbcUrl) {
        this.jdbcUrl = jdbcUrl;
    }

    List<String> rows(String table) throws SQLException {
        try (Connection connection = DriverManager.getConnection(jdbcUrl);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT row_to_json(t)::text FROM %s t".formatted(table))) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(normal(Fold.JSON.readTree(rows.getString(1))));
            }
            found.sort(null);
            return found;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Asserts that a folded feed or topic is the table. */
    void assertEqual(String table, Collection<JsonNode> folded) throws SQLException {
        List<String> expected = rows(table);
        List<String> actual = folded.stream().map(Oracle::normal).sorted().toList();
        if (!actual.equals(expected)) {
            List<String> missing = new ArrayList<>(expected);
            List<String> extra = new ArrayList<>(actual);
            actual.forEach(missing::remove);
            expected.forEach(extra::remove);
            assertThat(actual.size()).as("rows of %s", table).isEqualTo(expected.size());
            assertThat(extra).as("rows of %s; missing are %s", table, missing).isEmpty();
        }
    }

    boolean isEqual(String table, Collection<JsonNode> folded) throws SQLException {
        return folded.stream().map(Oracle::normal).sorted().toList().equals(rows(table));
    }

    /** One spelling for timestamps, which PostgreSQL's JSON writes with as many decimals as it needs. */
    private static String normal(JsonNode row) {
        ObjectNode copy = row.deepCopy();
        row.properties().forEach(entry -> {
            if (entry.getValue().isTextual() && entry.getValue().asText().matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+")) {
                copy.set(
                        entry.getKey(),
                        TextNode.valueOf(
                                LocalDateTime.parse(entry.getValue().asText()).toString()));
            }
        });
        return copy.toString();
    }
}
