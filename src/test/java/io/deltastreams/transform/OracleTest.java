package io.deltastreams.transform;

import static io.deltastreams.transform.Samples.AT;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same text means the same to us and to a real PostgreSQL: random expressions over random rows give the same value, null, or an
 * error. What differs on purpose is not generated: POWER and SQRT of numerics (double precision here), functions of text beyond
 * ASCII (PostgreSQL asks its locale), the order of enum labels, texts of dates other than ISO 8601, and constant parts that fail or
 * are null (PostgreSQL computes them while planning, so that they decide even where no row would have).
 */
@Tag("torture")
class OracleTest {

    private static final int EXPRESSIONS = 3_000;
    private static final int ROWS = 12;

    private static final Schema TABLE = new Schema(
            TableId.parse("public.t"),
            1,
            List.of(
                    new Column("b1", Type.Simple.BOOL, true),
                    new Column("b2", Type.Simple.BOOL, true),
                    new Column("i2", Type.Simple.INT16, true),
                    new Column("i4", Type.Simple.INT32, true),
                    new Column("i8", Type.Simple.INT64, true),
                    new Column("f4", Type.Simple.FLOAT32, true),
                    new Column("f8", Type.Simple.FLOAT64, true),
                    new Column("n1", new Type.Numeric(0, 0), true),
                    new Column("n2", new Type.Numeric(12, 2), true),
                    new Column("s1", Type.Simple.TEXT, true),
                    new Column("s2", Type.Simple.TEXT, true),
                    new Column("d", Type.Simple.DATE, true),
                    new Column("ts", Type.Simple.TIMESTAMP, true),
                    new Column("tz", Type.Simple.TIMESTAMPTZ, true),
                    new Column("u", Type.Simple.UUID, true)),
            List.of());

    @Test
    void random_expressions_mean_the_same_to_postgresql() throws IOException, SQLException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("oracle seed " + seed);
        Random random = new Random(seed);
        List<String> differences = new ArrayList<>();
        int errors = 0;
        int values = 0;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET timezone TO 'UTC'");
            statement.execute("SET intervalstyle TO 'iso_8601'");
            statement.execute("CREATE TABLE t (n int, b1 boolean, b2 boolean, i2 int2, i4 int4, i8 int8, f4 float4,"
                    + " f8 float8, n1 numeric, n2 numeric(12,2), s1 text, s2 text, d date, ts timestamp,"
                    + " tz timestamptz, u uuid)");
            List<Row> rows = rows(random, statement);
            for (int i = 0; i < EXPRESSIONS; i++) {
                String expression = new Generator(random).any(3);
                Outcome theirs = theirs(statement, expression);
                Outcome ours = ours(expression, rows);
                if (ours.rows().isEmpty() && (theirs.rows().contains(Outcome.ERROR) || ours.isDatesHour())) {
                    // What PostgreSQL refuses for a row, we may refuse for all, even where no row of these comes to it.
                    errors++;
                    continue;
                }
                for (int row = 0; row < ROWS; row++) {
                    String expected = theirs.of(row).replace("Infinity", "infinity");
                    String actual = ours.of(row).replace("Infinity", "infinity");
                    if (!isSame(expected, actual)) {
                        differences.add(
                                "%s [row %d]: PostgreSQL %s, we %s".formatted(expression, row, expected, actual));
                        break;
                    }
                    errors += expected.equals(Outcome.ERROR) ? 1 : 0;
                    values += expected.equals(Outcome.ERROR) ? 0 : 1;
                }
            }
        }
        System.out.println("oracle agreed on %d values and %d errors".formatted(values, errors));
        assertThat(differences).as("seed %d", seed).isEmpty();
        assertThat(values).isGreaterThan(EXPRESSIONS);
    }

    /** Java's shortest digits of a double are not always PostgreSQL's: 1e+23 there ends in 9s. */
    private static boolean isSame(String expected, String actual) {
        return expected.equals(actual)
                || (expected.contains("e+")
                        && actual.contains("e+")
                        && Double.parseDouble(expected.substring(1)) == Double.parseDouble(actual.substring(1)));
    }

    /** What each row gives; of a text that does not even compile, an error for all. */
    private record Outcome(List<String> rows, String note) {

        static final String ERROR = "error";

        static Outcome invalid(String note) {
            return new Outcome(List.of(), note);
        }

        String of(int row) {
            return rows.isEmpty() ? ERROR : rows.get(row);
        }

        /** A date has no time of day: we say so of the text, PostgreSQL of the first row for which it is asked. */
        boolean isDatesHour() {
            return note.matches("(?s).*cannot extract (hour|minute|second) from date.*");
        }
    }

    private static Outcome theirs(Statement statement, String expression) {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            try (ResultSet result =
                    statement.executeQuery("SELECT CAST((" + expression + ") AS text) FROM t WHERE n = " + i)) {
                result.next();
                String text = result.getString(1);
                all.add(text == null ? "null" : "=" + text);
            } catch (SQLException e) {
                all.add(Outcome.ERROR);
            }
        }
        return new Outcome(all, "");
    }

    private static Outcome ours(String expression, List<Row> rows) {
        Stage stage;
        try {
            stage = Samples.select(TABLE, expression + " AS x");
        } catch (InvalidStream e) {
            return Outcome.invalid(e.problem());
        }
        List<String> all = new ArrayList<>();
        for (Row row : rows) {
            all.add(
                    switch (stage.apply(new Change.Insert(AT, TABLE, row))) {
                        case StageResult.Emitted emitted -> {
                            Object value =
                                    ((Change.Insert) emitted.change()).after().get(0);
                            yield value == null ? "null" : "=" + Rendering.text(value);
                        }
                        case StageResult.Nothing _ -> "nothing";
                        case StageResult.Refused _, StageResult.Halted _ -> Outcome.ERROR;
                    });
        }
        return new Outcome(all, "");
    }

    private static List<Row> rows(Random random, Statement statement) throws SQLException {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            @Nullable Object[] values = new @Nullable Object[TABLE.columns().size()];
            StringBuilder insert = new StringBuilder("INSERT INTO t VALUES (" + i);
            for (int c = 0; c < values.length; c++) {
                values[c] = random.nextInt(8) == 0
                        ? null
                        : value(random, TABLE.columns().get(c).type());
                insert.append(", ").append(values[c] == null ? "NULL" : "'" + Rendering.text(values[c]) + "'");
            }
            statement.execute(insert.append(")").toString());
            rows.add(Row.of(values));
        }
        return rows;
    }

    private static Object value(Random random, Type type) {
        return switch (type) {
            case Type.Simple simple ->
                switch (simple) {
                    case BOOL -> random.nextBoolean();
                    case INT16 -> pick(random, 0, 1, -1, 7, 300, -32_768, 32_767);
                    case INT32 -> pick(random, 0, 1, -2, 10, 12_345, Integer.MIN_VALUE, Integer.MAX_VALUE);
                    case INT64 -> pick(random, 0L, 1L, -3L, 100L, 9_876_543_210L, Long.MIN_VALUE, Long.MAX_VALUE);
                    case FLOAT32 -> pick(random, 0f, 1.5f, -0.1f, 1e10f, 3.4e38f, Float.NaN, 1234567f, 0.00001f);
                    case FLOAT64 ->
                        pick(random, 0d, -2.5, 0.1, 1e15, 1e300, Double.NaN, Double.POSITIVE_INFINITY, 123456.789);
                    case TEXT -> pick(random, "", "a", "abc", "ABC", "a%c", "12", "1.5", "  x ", "2024-01-31", "true");
                    case DATE ->
                        pick(random, LocalDate.of(2024, 2, 29), LocalDate.of(1969, 12, 31), LocalDate.of(2000, 1, 1));
                    case TIMESTAMP -> moment(random);
                    case TIMESTAMPTZ ->
                        moment(random) instanceof LocalDateTime local ? instant(local) : Special.INFINITY;
                    case UUID -> pick(random, new UUID(0, 1), new UUID(-1, 5), new UUID(1L << 63, 0));
                    default -> new Bytes(new byte[0]);
                };
            case Type.Numeric numeric
            when numeric.precision() > 0 ->
                pick(random, new BigDecimal("0.00"), new BigDecimal("12.34"), new BigDecimal("-9999999999.99"));
            default ->
                pick(
                        random,
                        BigDecimal.ZERO,
                        new BigDecimal("1.0"),
                        new BigDecimal("-0.5"),
                        new BigDecimal("2.5"),
                        new BigDecimal("123456789012345678901234567890.123"),
                        new BigDecimal("0.0000000000000000000123"),
                        Special.NAN,
                        Special.INFINITY,
                        Special.NEGATIVE_INFINITY);
        };
    }

    private static Object moment(Random random) {
        return pick(
                random,
                LocalDateTime.of(2024, 2, 29, 23, 59, 59, 999_999_000),
                LocalDateTime.of(1969, 12, 31, 0, 0, 0, 1_000),
                LocalDateTime.of(2001, 6, 15, 12, 30));
    }

    private static Instant instant(LocalDateTime local) {
        return local.toInstant(ZoneOffset.UTC);
    }

    @SafeVarargs
    private static <T> T pick(Random random, T... values) {
        return values[random.nextInt(values.length)];
    }

    /** Makes expressions that mostly type. */
    private record Generator(Random random) {

        String any(int depth) {
            return switch (random.nextInt(5)) {
                case 0, 1 -> bool(depth);
                case 2, 3 -> number(depth);
                default -> random.nextBoolean() ? text(depth) : moment(depth);
            };
        }

        private String bool(int depth) {
            if (depth == 0) {
                return pick(random, "b1", "b2");
            }
            int less = depth - 1;
            return switch (random.nextInt(14)) {
                case 0 -> "(" + bool(less) + " AND " + bool(less) + ")";
                case 1 -> "(" + bool(less) + " OR " + bool(less) + ")";
                case 2 -> "(NOT " + bool(less) + ")";
                case 3 -> "(" + number(less) + " " + comparison() + " " + number(less) + ")";
                case 4 -> "(" + number(less) + " " + comparison() + " " + constant() + ")";
                case 5 -> "(" + text(less) + " " + comparison() + " " + text(less) + ")";
                case 6 ->
                    "(" + moment(less) + " " + comparison() + " "
                            + pick(random, moment(less), "DATE '2024-02-29'", "TIMESTAMP '2001-06-15 12:30:00'") + ")";
                case 7 -> "(" + number(less) + pick(random, " IS NULL)", " IS NOT NULL)");
                case 8 ->
                    "(" + bool(less)
                            + pick(
                                    random,
                                    " IS TRUE)",
                                    " IS NOT TRUE)",
                                    " IS FALSE)",
                                    " IS NOT FALSE)",
                                    " IS UNKNOWN)");
                case 9 ->
                    "(" + number(less) + pick(random, " IN (", " NOT IN (") + constant() + ", " + number(0) + "))";
                case 10 ->
                    "(" + number(less) + pick(random, " BETWEEN ", " NOT BETWEEN ") + constant() + " AND " + number(0)
                            + ")";
                case 11 ->
                    "(" + text(less) + pick(random, " LIKE ", " ILIKE ", " NOT LIKE ")
                            + pick(random, "'a%'", "'%c'", "'_b_'", "'a\\%c'", "'%'", "''", "s2") + ")";
                case 12 ->
                    "(" + number(less) + pick(random, " IS DISTINCT FROM ", " IS NOT DISTINCT FROM ") + number(less)
                            + ")";
                default -> "(u " + comparison() + " '00000000-0000-0000-0000-000000000001')";
            };
        }

        private String comparison() {
            return pick(random, "=", "<>", "<", "<=", ">", ">=");
        }

        private String constant() {
            return pick(random, "0", "1", "-3", "2.50", "1e3", "10000000000", "'7'", "0.001");
        }

        private String number(int depth) {
            if (depth == 0) {
                return pick(random, "i2", "i4", "i8", "f4", "f8", "n1", "n2");
            }
            int less = depth - 1;
            return switch (random.nextInt(14)) {
                case 0, 1, 2, 3 ->
                    "(" + number(less) + pick(random, " + ", " - ", " * ", " / ", " % ") + number(less) + ")";
                case 4 ->
                    random.nextBoolean()
                            ? "(- " + number(less) + ")"
                            : "(" + number(less) + pick(random, " + ", " - ", " * ", " / ", " % ") + constant() + ")";
                case 5 -> pick(random, "abs(", "ceil(", "floor(", "round(", "sign(", "trunc(") + number(less) + ")";
                case 6 -> "round(" + number(less) + ", " + pick(random, "0", "1", "-1", "5") + ")";
                case 7 -> "mod(" + number(less) + ", " + number(less) + ")";
                case 8 -> "CASE WHEN " + bool(less) + " THEN " + number(less) + " ELSE " + number(less) + " END";
                case 9 ->
                    pick(random, "coalesce(", "greatest(", "least(", "nullif(") + number(less) + ", " + number(less)
                            + ")";
                case 10 ->
                    "CAST(" + number(less) + " AS "
                            + pick(
                                    random,
                                    "smallint",
                                    "integer",
                                    "bigint",
                                    "real",
                                    "double precision",
                                    "numeric",
                                    "numeric(6,2)")
                            + ")";
                case 11 -> pick(random, "length(", "char_length(") + text(less) + ")";
                case 12 ->
                    "EXTRACT("
                            + pick(
                                    random,
                                    "YEAR",
                                    "MONTH",
                                    "DAY",
                                    "HOUR",
                                    "MINUTE",
                                    "SECOND",
                                    "EPOCH",
                                    "DOW",
                                    "DOY",
                                    "WEEK",
                                    "QUARTER",
                                    "CENTURY",
                                    "ISODOW",
                                    "ISOYEAR",
                                    "DECADE",
                                    "MILLENNIUM",
                                    "MICROSECOND",
                                    "MILLISECOND")
                            + " FROM " + moment(less) + ")";
                default -> "position(" + text(0) + " IN " + text(less) + ")";
            };
        }

        private String text(int depth) {
            if (depth == 0) {
                return pick(random, "s1", "s2");
            }
            int less = depth - 1;
            return switch (random.nextInt(11)) {
                case 0, 1 -> "(" + text(less) + " || " + pick(random, text(less), "'x%'") + ")";
                case 2 -> pick(random, "upper(", "lower(", "trim(") + text(less) + ")";
                case 3 ->
                    "substring(" + text(less) + ", " + pick(random, "0", "1", "2", "-1") + ", "
                            + pick(random, "0", "2", "5", "-1") + ")";
                case 4 -> pick(random, "left(", "right(") + text(less) + ", " + pick(random, "0", "1", "-1", "9") + ")";
                case 5 -> "replace(" + text(less) + ", " + pick(random, "'a'", "''", "s2") + ", " + text(0) + ")";
                case 6 -> "CAST(" + number(less) + " AS text)";
                case 7 -> "CAST(" + pick(random, bool(less), moment(less)) + " AS text)";
                case 8 -> "concat(" + text(less) + ", " + number(0) + ", " + bool(0) + ")";
                case 9 -> "CASE WHEN " + bool(less) + " THEN " + text(less) + " END";
                default -> "(" + text(less) + " || " + number(0) + ")";
            };
        }

        private String moment(int depth) {
            if (depth == 0) {
                return pick(random, "d", "ts", "tz");
            }
            int less = depth - 1;
            return switch (random.nextInt(6)) {
                case 0, 1 ->
                    "date_trunc("
                            + pick(
                                    random,
                                    "'day'",
                                    "'month'",
                                    "'year'",
                                    "'hour'",
                                    "'week'",
                                    "'quarter'",
                                    "'century'",
                                    "'decade'",
                                    "'milliseconds'",
                                    "'minute'")
                            + ", " + moment(less) + ")";
                case 2 ->
                    "(" + moment(less) + pick(random, " + ", " - ")
                            + pick(random, "INTERVAL '1' DAY", "INTERVAL '13' MONTH", "INTERVAL '90' MINUTE") + ")";
                case 3 -> "CAST(" + moment(less) + pick(random, " AS date)", " AS timestamp)");
                case 4 -> pick(random, "coalesce(", "greatest(", "least(") + moment(less) + ", " + moment(less) + ")";
                default -> "(d " + pick(random, "+ ", "- ") + pick(random, "1", "i2") + ")";
            };
        }
    }
}
