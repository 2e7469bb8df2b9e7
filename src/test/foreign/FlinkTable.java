import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/**
 * Has Flink read a topic as a table and prints the rows that are left of its changelog, each as Flink writes it. Arguments: brokers, topic, format, registry
 * ({@code -} for none), columns as in {@code CREATE TABLE}.
 */
public final class FlinkTable {

    public static void main(String[] arguments) throws Exception {
        String format = arguments[2];
        TableEnvironment tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        tables.executeSql(
                """
                CREATE TABLE items (%s) WITH (
                  'connector' = 'kafka',
                  'properties.bootstrap.servers' = '%s',
                  'properties.isolation.level' = 'read_committed',
                  'topic' = '%s',
                  'scan.startup.mode' = 'earliest-offset',
                  'scan.bounded.mode' = 'latest-offset',
                  'format' = '%s'%s)
                """
                        .formatted(
                                arguments[4],
                                arguments[0],
                                arguments[1],
                                format,
                                arguments[3].equals("-") ? "" : ", '%s.url' = '%s'".formatted(format, arguments[3])));
        Map<String, Integer> rows = new HashMap<>();
        try (CloseableIterator<Row> changes = tables.executeSql("SELECT * FROM items").collect()) {
            while (changes.hasNext()) {
                Row row = changes.next();
                int one = switch (row.getKind()) {
                    case INSERT, UPDATE_AFTER -> 1;
                    case DELETE, UPDATE_BEFORE -> -1;
                };
                row.setKind(org.apache.flink.types.RowKind.INSERT);
                rows.merge(row.toString(), one, Integer::sum);
            }
        }
        rows.forEach((row, times) -> {
            if (times != 0) {
                System.out.println("row " + times + " " + row);
            }
        });
    }
}
