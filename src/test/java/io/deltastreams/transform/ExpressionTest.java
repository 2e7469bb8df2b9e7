package io.deltastreams.transform;

import static io.deltastreams.transform.Samples.AT;
import static io.deltastreams.transform.Samples.select;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentences about expressions: each its text, the value that comes out as text, and the type that it is declared as. */
class ExpressionTest {

    private static final Schema TABLE = new Schema(
            TableId.parse("public.t"),
            1,
            List.of(
                    new Column("t", Type.Simple.BOOL, true),
                    new Column("f", Type.Simple.BOOL, true),
                    new Column("u", Type.Simple.BOOL, true),
                    new Column("i", Type.Simple.INT32, false),
                    new Column("n", new Type.Numeric(0, 0), true),
                    new Column("s", Type.Simple.TEXT, true),
                    new Column("d", Type.Simple.FLOAT64, true),
                    new Column("dt", Type.Simple.DATE, true),
                    new Column("ts", Type.Simple.TIMESTAMP, true),
                    new Column("tz", Type.Simple.TIMESTAMPTZ, true),
                    new Column("nan", new Type.Numeric(0, 0), true),
                    new Column("inf", new Type.Numeric(0, 0), true),
                    new Column("uid", Type.Simple.UUID, true),
                    new Column("small", Type.Simple.INT16, true),
                    new Column("Mixed", Type.Simple.TEXT, true),
                    new Column("json", Type.Simple.JSON, true)),
            List.of());

    private static final Row ROW = Row.of(
            true,
            false,
            null,
            7,
            new BigDecimal("1.50"),
            "Grüße 😀",
            2.5,
            LocalDate.of(2024, 2, 29),
            LocalDateTime.of(2024, 2, 29, 13, 14, 15, 123_456_000),
            Instant.parse("2024-02-29T23:30:00Z"),
            Special.NAN,
            Special.INFINITY,
            UUID.fromString("ffffffff-0000-0000-0000-000000000000"),
            7,
            "m",
            "{}");

    private static @Nullable String value(String expression) throws InvalidStream {
        Stage stage = select(TABLE, expression + " AS x");
        return switch (stage.apply(new Change.Insert(AT, TABLE, ROW))) {
            case StageResult.Emitted emitted -> {
                Object value = ((Change.Insert) emitted.change()).after().get(0);
                yield value == null ? null : Rendering.text(value);
            }
            case StageResult.Nothing _ -> "nothing";
            case StageResult.Refused refused -> "! " + refused.reason();
            case StageResult.Halted halted -> "! " + halted.reason();
        };
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "t AND t, true",
                "t AND f, false",
                "t AND u, null",
                "f AND t, false",
                "f AND f, false",
                "f AND u, false",
                "u AND t, null",
                "u AND f, false",
                "u AND u, null",
                "t OR t, true",
                "t OR f, true",
                "t OR u, true",
                "f OR t, true",
                "f OR f, false",
                "f OR u, null",
                "u OR t, true",
                "u OR f, null",
                "u OR u, null",
                "NOT t, false",
                "NOT f, true",
                "NOT u, null",
                "u IS NULL, true",
                "u IS NOT NULL, false",
                "t IS TRUE, true",
                "u IS TRUE, false",
                "u IS NOT TRUE, true",
                "f IS FALSE, true",
                "u IS FALSE, false",
                "u IS NOT FALSE, true",
                "u IS UNKNOWN, true",
                "t IS UNKNOWN, false",
                "u IS NOT UNKNOWN, false",
                "u = u, null",
                "u IS NOT DISTINCT FROM u, true",
                "u IS DISTINCT FROM t, true",
                "t IS DISTINCT FROM t, false",
                "u IN (TRUE), null",
            })
    void logic_has_three_values(String expression, @Nullable String expected) throws InvalidStream {
        assertThat(value(expression)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            nullValues = "null",
            value = {
                "i IN (1, 7, NULL) => true",
                "i IN (1, NULL) => null",
                "i NOT IN (1, NULL) => null",
                "i NOT IN (1, 2) => true",
                "i BETWEEN 1 AND 7 => true",
                "i NOT BETWEEN 1 AND 7 => false",
                "i BETWEEN SYMMETRIC 9 AND 1 => true",
                "i != 7 => false",
                "i = '7' => true",
                "i + 1 => 8",
                "i / 2 => 3",
                "-i / 2 => -3",
                "-i % 4 => -3",
                "i * 1000000000 => ! integer out of range (select, line 1, column 1)",
                "i * 10000000000 => 70000000000",
                "small * small => 49",
                "1 / (i - 7) => ! division by zero (select, line 1, column 1)",
                "n + 1 => 2.50",
                "n * 1.10 => 1.6500",
                "n / 7 => 0.21428571428571428571",
                "1 / 3.0 => 0.33333333333333333333",
                "100000 / n => 66666.666666666667",
                "n % 0.4 => 0.30",
                "0.1 + 0.2 = 0.3 => true",
                "d * 2 => 5",
                "nan = nan => true",
                "nan > inf => true",
                "inf > n => true",
                "inf - inf => NaN",
                "n / inf => 0",
                "s LIKE 'Gr__e%' => true",
                "s LIKE 'gr%' => false",
                "s ILIKE 'GR%' => true",
                "s NOT LIKE '%x%' => true",
                "'50%' LIKE '50\\%' => true",
                "'50%' LIKE '50!%' ESCAPE '!' => true",
                "length(s) => 7",
                "char_length(s) => 7",
                "upper(s) => GRÜßE 😀",
                "substring(s FROM 7 FOR 1) => 😀",
                "substring(s, 0, 3) => Gr",
                "substring(s, 2, -1) => ! negative substring length not allowed (select, line 1, column 1)",
                "left(s, 2) || right(s, 1) => Gr😀",
                "left(s, -5) => Gr",
                "position('😀' IN s) => 7",
                "replace(s, 'üß', 'uess') => Gruesse 😀",
                "trim(BOTH 'G😀' FROM s) => `rüße `",
                "trim('  x ') => x",
                "s || NULL => null",
                "concat(s, NULL, i, t) => Grüße 😀7t",
                "i || '/' || n => 7/1.50",
                "CASE WHEN u THEN 'a' WHEN i > 5 THEN 'b' ELSE 'c' END => b",
                "CASE i WHEN 1 THEN 'one' END => null",
                "COALESCE(u, f, t) => false",
                "NULLIF(i, 7) => null",
                "NULLIF(i, 8) => 7",
                "GREATEST(i, NULL, 9) => 9",
                "LEAST(n, i) => 1.50",
                "abs(-i) => 7",
                "ceil(n) => 2",
                "floor(-n) => -2",
                "round(n) => 2",
                "round(-2.5) => -3",
                "round(d) => 2",
                "round(n * 1.111, 2) => 1.67",
                "round(123.45, -1) => 120",
                "mod(i, 4) => 3",
                "power(2, 10) => 1024",
                "sqrt(n - 1.5) => 0",
                "sign(-n) => -1",
                "EXTRACT(YEAR FROM ts) => 2024",
                "EXTRACT(DOW FROM dt) => 4",
                "EXTRACT(SECOND FROM ts) => 15.123456",
                "EXTRACT(EPOCH FROM tz) => 1709249400.000000",
                "DATE_TRUNC('month', ts) => 2024-02-01 00:00:00",
                "DATE_TRUNC('day', tz) => 2024-02-29 00:00:00+00",
                "ts > '2024-02-29' => true",
                "dt = DATE '2024-02-29' => true",
                "tz >= TIMESTAMP '2024-02-29 23:30:00' => true",
                "ts + INTERVAL '1' YEAR => 2025-02-28 13:14:15.123456",
                "ts - INTERVAL '1.5' HOUR => 2024-02-29 11:44:15.123456",
                "dt + 1 => 2024-03-01",
                "dt - DATE '2024-01-01' => 59",
                "ts - TIMESTAMP '2024-02-28 13:14:15' > INTERVAL '1' DAY => true",
                "uid > '00000000-0000-0000-0000-000000000001' => true",
                "CAST(n AS integer) => 2",
                "CAST(2.5 AS bigint) => 3",
                "CAST(d AS integer) => 2",
                "CAST(s AS varchar(3)) => Grü",
                "CAST(i AS text) || 'x' => 7x",
                "CAST(n AS numeric(3,1)) => 1.5",
                "CAST(s AS integer) => ! invalid text for type integer (select, line 1, column 1)",
                "CAST(n * 1000 AS numeric(3,1)) => ! numeric field overflow (select, line 1, column 1)",
                "CAST(ts AS date) => 2024-02-29",
                "CAST('2024-02-29T23:30:00+02:00' AS timestamp with time zone) => 2024-02-29 21:30:00+00",
                "CAST('yes' AS boolean) => true",
                "json IS NULL => false",
                "mixed => m",
                "\"Mixed\" => m",
                "I => 7",
            })
    void expressions_mean_what_postgresql_means(String expression, @Nullable String expected) throws InvalidStream {
        assertThat(value(expression)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "i + small | integer | true",
                "i + n | numeric | true",
                "small + small | smallint | true",
                "i + d | double precision | true",
                "round(i) | double precision | false",
                "COALESCE(s, 'x') | text | false",
                "s IS NULL | boolean | false",
                "length(s) | integer | true",
                "ts - ts | interval | true",
            })
    void every_expression_has_a_type(String expression, String type, boolean nullable) throws InvalidStream {
        // when
        Column column = select(TABLE, expression + " AS x").output().columns().getFirst();
        // then
        assertThat(Types.name(column.type())).isEqualTo(type);
        assertThat(column.nullable()).isEqualTo(nullable);
    }
}
