package io.deltastreams.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.source.RecordingIntake;
import io.deltastreams.source.RunningSource;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every type of PostgreSQL's, by snapshot and by stream, against the value that it stands for. */
public abstract class TypesContract {

    /** What the types need that are not PostgreSQL's own. */
    public static final List<String> PREPARATION = List.of(
            "CREATE EXTENSION hstore",
            "CREATE EXTENSION ltree",
            "CREATE EXTENSION citext",
            "CREATE TYPE mood AS ENUM ('sad', 'ok')",
            "CREATE TYPE address AS (street text, number int)",
            "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%')",
            "CREATE DOMAIN price AS numeric(12,3)");

    /** The columns of a table of every type, its key first. */
    public static String columns() {
        return "id int PRIMARY KEY, "
                + columns(index -> "c" + index + " " + CASES.get(index).sql());
    }

    /** A row of that table, some of it null; no points. */
    public static String values(int id, Random random) {
        return id + ", "
                + columns(index -> {
                    Case tested = CASES.get(index);
                    return random.nextInt(4) == 0 || tested.sql().equals("point")
                            ? "NULL"
                            : String.valueOf(tested.values()
                                    .get(2 * random.nextInt(tested.values().size() / 2)));
                });
    }

    private final ChangeSource.Factory factory;
    private final Map<String, Object> otherwise;

    /** @param otherwise values that this reader gives in another form, by their type */
    protected TypesContract(ChangeSource.Factory factory, Map<String, Object> otherwise) {
        this.factory = factory;
        this.otherwise = otherwise;
    }

    protected PostgresVersion version() {
        return PostgresVersion.V18;
    }

    /** @param values what is written and what it has to be, in turn */
    private record Case(String sql, Type type, List<Object> values) {}

    private static Case of(String sql, Type type, Object... values) {
        return new Case(sql, type, List.of(values));
    }

    private static final Type TEXT = Type.Simple.TEXT;

    private static final List<Case> CASES = List.of(
            of("bool", Type.Simple.BOOL, "true", true, "false", false),
            of("int2", Type.Simple.INT16, "-32768", -32768, "32767", 32767),
            of("int4", Type.Simple.INT32, "-2147483648", Integer.MIN_VALUE, "2147483647", Integer.MAX_VALUE),
            of(
                    "int8",
                    Type.Simple.INT64,
                    "-9223372036854775808",
                    Long.MIN_VALUE,
                    "-9223372036854775807",
                    Long.MIN_VALUE + 1,
                    "9223372036854775807",
                    Long.MAX_VALUE),
            of("oid", Type.Simple.INT64, "4294967295", 4294967295L, "0", 0L),
            of("float4", Type.Simple.FLOAT32, "'NaN'", Float.NaN, "1.1", 1.1f, "'-Infinity'", Float.NEGATIVE_INFINITY),
            of("float8", Type.Simple.FLOAT64, "'Infinity'", Double.POSITIVE_INFINITY, "0.1", 0.1),
            of(
                    "numeric",
                    new Type.Numeric(0, 0),
                    "1.10",
                    new BigDecimal("1.10"),
                    "'NaN'",
                    Special.NAN,
                    "'Infinity'",
                    Special.INFINITY,
                    "'-Infinity'",
                    Special.NEGATIVE_INFINITY,
                    "12345678901234567890123456789.000100",
                    new BigDecimal("12345678901234567890123456789.000100")),
            of("numeric(10,2)", new Type.Numeric(10, 2), "1.1", new BigDecimal("1.10"), "'NaN'", Special.NAN),
            of("money", new Type.Numeric(19, 2), "'-1234.50'", new BigDecimal("-1234.50")),
            of("text", TEXT, "E'a\\nb\\tü😀'", "a\nb\tü😀", "''", ""),
            of("varchar(10)", TEXT, "'abc'", "abc"),
            of("char(5)", TEXT, "'ab'", "ab   "),
            of("name", TEXT, "'n'", "n"),
            of("bytea", Type.Simple.BYTES, "'\\x00ff10'", bytes(0, 255, 16), "''", bytes()),
            of(
                    "date",
                    Type.Simple.DATE,
                    "'2026-11-22'",
                    LocalDate.of(2026, 11, 22),
                    "'infinity'",
                    Special.INFINITY,
                    "'-infinity'",
                    Special.NEGATIVE_INFINITY,
                    "'0044-03-15 BC'",
                    LocalDate.of(-43, 3, 15),
                    "'20000-01-01'",
                    LocalDate.of(20000, 1, 1)),
            of(
                    "time",
                    Type.Simple.TIME,
                    "'10:15:30.123456'",
                    new TimeOfDay(36930123456L),
                    "'24:00'",
                    new TimeOfDay(86400000000L)),
            of("timetz", Type.Simple.TIMETZ, "'10:15:30.5+00'", OffsetTime.parse("10:15:30.5Z")),
            of(
                    "timestamp",
                    Type.Simple.TIMESTAMP,
                    "'2026-11-22 10:15:30.123456'",
                    LocalDateTime.parse("2026-11-22T10:15:30.123456"),
                    "'infinity'",
                    Special.INFINITY,
                    "'-infinity'",
                    Special.NEGATIVE_INFINITY,
                    "'1582-10-01 00:00:00'",
                    LocalDateTime.parse("1582-10-01T00:00:00"),
                    "'2026-03-29 02:30:00'",
                    LocalDateTime.parse("2026-03-29T02:30:00")),
            of(
                    "timestamp(3)",
                    Type.Simple.TIMESTAMP,
                    "'2026-11-22 10:15:30.123'",
                    LocalDateTime.parse("2026-11-22T10:15:30.123")),
            of(
                    "timestamptz",
                    Type.Simple.TIMESTAMPTZ,
                    "'2026-11-22 10:15:30.123456+02'",
                    Instant.parse("2026-11-22T08:15:30.123456Z"),
                    "'infinity'",
                    Special.INFINITY,
                    "'-infinity'",
                    Special.NEGATIVE_INFINITY,
                    "'1500-01-01 00:00:00+00'",
                    Instant.parse("1500-01-01T00:00:00Z")),
            of(
                    "interval",
                    Type.Simple.INTERVAL,
                    "'1 year 2 mons 3 days 04:05:06.789'",
                    new Interval(14, 3, 14706789000L),
                    "'-1 mons +2 days -00:00:00.000001'",
                    new Interval(-1, 2, -1)),
            of(
                    "uuid",
                    Type.Simple.UUID,
                    "'00112233-4455-6677-8899-aabbccddeeff'",
                    UUID.fromString("00112233-4455-6677-8899-aabbccddeeff")),
            of("json", Type.Simple.JSON, "'{\"a\": 1.0}'", "{\"a\": 1.0}"),
            of("jsonb", Type.Simple.JSON, "'{\"b\":1,\"a\":null}'", "{\"a\": null, \"b\": 1}"),
            of("xml", Type.Simple.XML, "'<a/>'", "<a/>"),
            of("hstore", Type.Simple.HSTORE, "'a=>1, \"b\\\"c\"=>NULL'", hstore("a", "1", "b\"c", null)),
            of("ltree", Type.Simple.LTREE, "'a.b.c'", "a.b.c"),
            of("citext", TEXT, "'AbC'", "AbC"),
            of("mood", new Type.Enumeration("mood", List.of("sad", "ok")), "'ok'", "ok"),
            of("email", TEXT, "'a@b'", "a@b"),
            of("price", new Type.Numeric(12, 3), "1.5", new BigDecimal("1.500")),
            of("int4range", new Type.Range("int4range"), "'[1,10)'", "[1,10)", "'empty'", "empty"),
            of("tstzrange", new Type.Range("tstzrange"), "'[2026-01-01 00:00+00,)'", "[\"2026-01-01 00:00:00+00\",)"),
            of("inet", new Type.Opaque("inet"), "'10.0.0.1/8'", "10.0.0.1/8"),
            of("macaddr", new Type.Opaque("macaddr"), "'08:00:2b:01:02:03'", "08:00:2b:01:02:03"),
            of("bit(1)", new Type.Opaque("bit"), "B'1'", "1"),
            of("bit(5)", new Type.Opaque("bit"), "B'00101'", "00101"),
            of("varbit", new Type.Opaque("varbit"), "B'0010'", "0010"),
            of("tsvector", new Type.Opaque("tsvector"), "'a b'", "'a' 'b'"),
            of("point", new Type.Opaque("point"), "'(1.5,2)'", "(1.5,2)"),
            of("int4multirange", new Type.Opaque("int4multirange"), "'{[1,3),[5,7)}'", "{[1,3),[5,7)}"),
            of("pg_lsn", new Type.Opaque("pg_lsn"), "'16/B374D848'", "16/B374D848"),
            of("address", new Type.Opaque("address"), "ROW('a b', 5)", "(\"a b\",5)"),
            of("int4[]", array(Type.Simple.INT32), "'{1,NULL,-3}'", list(1, null, -3), "'{}'", list()),
            of("int4[][]", array(Type.Simple.INT32), "'{{1,2},{3,4}}'", list(list(1, 2), list(3, 4))),
            of(
                    "text[]",
                    array(TEXT),
                    "ARRAY['a,b', 'NULL', '', NULL, E'q\"\\\\x']",
                    list("a,b", "NULL", "", null, "q\"\\x")),
            of("numeric[]", array(new Type.Numeric(0, 0)), "'{1.10,NaN}'", list(new BigDecimal("1.10"), Special.NAN)),
            of(
                    "timestamptz[]",
                    array(Type.Simple.TIMESTAMPTZ),
                    "'{2026-11-22 10:15:30.5+02,infinity}'",
                    list(Instant.parse("2026-11-22T08:15:30.5Z"), Special.INFINITY)),
            of(
                    "date[]",
                    array(Type.Simple.DATE),
                    "'{2026-11-22,0044-03-15 BC}'",
                    list(LocalDate.of(2026, 11, 22), LocalDate.of(-43, 3, 15))),
            of(
                    "timestamp[]",
                    array(Type.Simple.TIMESTAMP),
                    "'{2026-11-22 10:15:30.25}'",
                    list(LocalDateTime.parse("2026-11-22T10:15:30.25"))),
            of("timetz[]", array(Type.Simple.TIMETZ), "'{10:15:30+02}'", list(OffsetTime.parse("10:15:30+02:00"))),
            of("interval[]", array(Type.Simple.INTERVAL), "'{1 day 02:00:00}'", list(new Interval(0, 1, 7200000000L))),
            of("bytea[]", array(Type.Simple.BYTES), "ARRAY['\\x00ff'::bytea]", list(bytes(0, 255))),
            of(
                    "uuid[]",
                    array(Type.Simple.UUID),
                    "'{00112233-4455-6677-8899-aabbccddeeff}'",
                    list(UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"))),
            of("bool[]", array(Type.Simple.BOOL), "'{t,f}'", list(true, false)),
            of(
                    "float8[]",
                    array(Type.Simple.FLOAT64),
                    "'{1.5,NaN,Infinity}'",
                    list(1.5, Double.NaN, Double.POSITIVE_INFINITY)),
            of("jsonb[]", array(Type.Simple.JSON), "ARRAY['{\"a\": 1}'::jsonb]", list("{\"a\": 1}")),
            of("mood[]", array(new Type.Opaque("mood")), "'{sad,ok}'", list("sad", "ok")),
            of("hstore[]", array(Type.Simple.HSTORE), "ARRAY['a=>1'::hstore]", list(hstore("a", "1"))),
            of("int4range[]", array(new Type.Range("int4range")), "ARRAY['[1,3)'::int4range]", list("[1,3)")),
            of("inet[]", array(new Type.Opaque("inet")), "ARRAY['10.0.0.1'::inet]", list("10.0.0.1")));

    @Test
    void every_type_arrives_as_its_value_by_snapshot_and_by_stream() throws Exception {
        try (PostgresServer server = PostgresServer.start(factory, version())) {
            // given
            String database = server.database();
            server.execute(database, PREPARATION.toArray(String[]::new));
            server.execute(database, "CREATE TABLE wide (" + columns() + ")");
            int rows = CASES.stream()
                    .mapToInt(tested -> tested.values().size() / 2)
                    .max()
                    .orElseThrow();
            insert(server, database, 0, rows);
            RecordingIntake intake = new RecordingIntake();

            // when
            ChangeSource source = server.source(database, "public.wide");
            Schema inspected = source.inspect().tables().getFirst().schema();
            try (RunningSource _ = RunningSource.start(source, intake)) {
                intake.awaitChanges("public.wide", rows + 1);
                insert(server, database, 100, rows);
                intake.awaitChanges("public.wide", 2 * rows + 2);
            }

            // then
            SoftAssertions softly = new SoftAssertions();
            List<Change> changes = intake.changes();
            Schema snapshot = changes.getFirst().schema();
            Schema stream = changes.getLast().schema();
            for (int index = 0; index < CASES.size(); index++) {
                Case tested = CASES.get(index);
                Column expected = new Column("c" + index, tested.type(), true);
                softly.assertThat(inspected.columns().get(index + 1))
                        .as("inspected " + tested.sql())
                        .isEqualTo(expected);
                softly.assertThat(snapshot.columns().get(index + 1))
                        .as("snapshot " + tested.sql())
                        .isEqualTo(expected);
                softly.assertThat(stream.columns().get(index + 1))
                        .as("stream " + tested.sql())
                        .isEqualTo(expected);
                for (Change change : changes) {
                    Row row = ((Change.Insert) change).after();
                    int place = 2 * (id(row) % 100);
                    Object value = place >= tested.values().size()
                            ? null
                            : otherwise.getOrDefault(
                                    tested.sql(), tested.values().get(place + 1));
                    softly.assertThat(row.get(index + 1))
                            .as(tested.sql()
                                    + (change.position().commit()
                                                    == changes.getFirst()
                                                            .position()
                                                            .commit()
                                            ? " by snapshot"
                                            : " by stream"))
                            .isEqualTo(value);
                }
            }
            softly.assertThat(stream.version()).isEqualTo(1);
            softly.assertAll();
            assertThat(changes).hasSize(2 * rows + 2);
        }
    }

    /** One row per value; the last one has nulls only. */
    private static void insert(PostgresServer server, String database, int from, int rows) throws Exception {
        List<String> inserts = new ArrayList<>();
        for (int row = 0; row <= rows; row++) {
            int place = 2 * row;
            inserts.add("INSERT INTO wide VALUES (" + (from + row) + ", "
                    + columns(index -> place < CASES.get(index).values().size()
                            ? String.valueOf(CASES.get(index).values().get(place))
                            : "NULL")
                    + ")");
        }
        server.execute(database, inserts.toArray(String[]::new));
    }

    private static String columns(java.util.function.IntFunction<String> column) {
        return java.util.stream.IntStream.range(0, CASES.size())
                .mapToObj(column)
                .collect(Collectors.joining(", "));
    }

    private static int id(Row row) {
        return row.get(0) instanceof Integer id ? id : 0;
    }

    private static Type array(Type element) {
        return new Type.Array(element);
    }

    private static List<@Nullable Object> list(@Nullable Object... elements) {
        return Arrays.asList(elements);
    }

    private static Bytes bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int index = 0; index < bytes.length; index++) {
            bytes[index] = (byte) values[index];
        }
        return new Bytes(bytes);
    }

    private static Map<String, @Nullable String> hstore(@Nullable String... pairs) {
        Map<String, @Nullable String> map = new TreeMap<>();
        for (int index = 0; index < pairs.length; index += 2) {
            map.put(String.valueOf(pairs[index]), pairs[index + 1]);
        }
        return map;
    }
}
