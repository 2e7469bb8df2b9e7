package io.deltastreams.codec;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Geometry;
import io.deltastreams.change.Interval;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.TimeOfDay;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Deltas of every shape and type, extremes among them, all from one seed. */
public final class RandomDeltas {

    private static final List<Type> TYPES = types();
    private static final String[] TEXTS = {
        "",
        " ",
        "a",
        "\"quoted\" \\ and / back",
        "line\nfeed\ttab\r\u0000\u001f",
        "ümläut €",
        "emoji 😀🏳️‍🌈",
        "\u2028\u2029\ufeff",
        "null",
        "NaN"
    };

    private final Random random;
    private long commit;

    public RandomDeltas(long seed) {
        this.random = new Random(seed);
    }

    private static List<Type> types() {
        List<Type> types = new ArrayList<>(Arrays.asList(Type.Simple.values()));
        types.add(new Type.Numeric(0, 0));
        types.add(new Type.Numeric(12, 2));
        types.add(new Type.Enumeration("mood", List.of("sad", "ok")));
        types.add(new Type.Range("int4range"));
        types.add(new Type.Opaque("cidr"));
        types.add(new Type.Array(Type.Simple.INT64));
        types.add(new Type.Array(new Type.Numeric(0, 0)));
        types.add(new Type.Array(Type.Simple.TEXT));
        return types;
    }

    /** A schema with every type, in random order, nullable all but the key. */
    public Schema schema() {
        List<Type> order = new ArrayList<>(TYPES);
        java.util.Collections.shuffle(order, random);
        List<Column> columns = new ArrayList<>();
        List<Integer> key = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            boolean inKey = random.nextInt(12) == 0;
            columns.add(new Column((random.nextInt(5) == 0 ? "\"Ünüsual\" " : "c") + i, order.get(i), !inKey));
            if (inKey) {
                key.addFirst(i);
            }
        }
        return new Schema(new StreamId("stream_" + random.nextInt(100)), 1 + random.nextInt(9), columns, key);
    }

    public Delta delta(Schema schema) {
        Position position = new Position(1, ++commit, random.nextInt());
        Change change = switch (schema.hasKey() ? random.nextInt(7) : 0) {
            case 0, 1 -> new Change.Insert(position, schema, row(schema, 0));
            case 2, 3 -> new Change.Update(position, schema, null, row(schema, 3));
            case 4 -> new Change.Update(position, schema, row(schema, 1), row(schema, 3));
            case 5 -> new Change.Delete(position, schema, row(schema, 1));
            default -> new Change.Truncate(position, schema);
        };
        return new Delta(
                change,
                new TableId("public", "t"),
                Integer.toString(random.nextInt(1000)),
                instant(),
                random.nextInt(4) == 0,
                random.nextBoolean());
    }

    /** A row of which about every {@code absence}-th column that is no key is absent; none if 0. */
    public Row row(Schema schema, int absence) {
        @Nullable Object[] values = new @Nullable Object[schema.columns().size()];
        for (int i = 0; i < values.length; i++) {
            Column column = schema.columns().get(i);
            boolean inKey = schema.key().contains(i);
            if (!inKey && absence > 0 && random.nextInt(absence) == 0) {
                values[i] = Row.ABSENT;
            } else {
                values[i] = column.nullable() && random.nextInt(6) == 0 ? null : value(column.type());
            }
        }
        return Row.of(values);
    }

    public Object value(Type type) {
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric _ -> oneIn(8) ? any(Special.values()) : decimal();
            case Type.Enumeration enumeration -> enumeration.labels().get(random.nextInt(2));
            case Type.Range _ -> "[" + random.nextInt(9) + ",)";
            case Type.Opaque _ -> text();
            case Type.Array array -> array(array, 0);
        };
    }

    private Object simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> random.nextBoolean();
            case INT16 -> (int) (short) random.nextInt();
            case INT32 -> any(0, Integer.MIN_VALUE, Integer.MAX_VALUE, random.nextInt());
            case INT64 -> any(0L, Long.MIN_VALUE, Long.MAX_VALUE, 9007199254740993L, random.nextLong());
            case FLOAT32 -> any(0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.MIN_VALUE, random.nextFloat());
            case FLOAT64 ->
                any(-0d, Double.NaN, Double.NEGATIVE_INFINITY, Double.MAX_VALUE, 1e23, random.nextGaussian());
            case TEXT, LTREE -> text();
            case JSON -> any("{\"b\": 1, \"a\": 1.10, \"a\": null}", "null", "\"text\"", "12345678901234567890");
            case XML -> "<a b=\"c\">" + random.nextInt() + "</a>";
            case BYTES -> bytes();
            case DATE -> oneIn(8) ? infinity() : date();
            case TIME -> new TimeOfDay(any(0L, 86_400_000_000L, random.nextLong(86_400_000_001L)));
            case TIMETZ -> OffsetTime.of(1, 2, 3, random.nextInt(1_000_000) * 1000, offset());
            case TIMESTAMP -> oneIn(8) ? infinity() : dateTime();
            case TIMESTAMPTZ -> oneIn(8) ? infinity() : instant();
            case INTERVAL -> new Interval(random.nextInt(), random.nextInt(), any(0L, -1L, random.nextLong()));
            case UUID -> new UUID(random.nextLong(), random.nextLong());
            case HSTORE -> hstore();
            case GEOMETRY -> new Geometry(bytes(), oneIn(2) ? OptionalInt.empty() : OptionalInt.of(4326));
        };
    }

    private BigDecimal decimal() {
        return new BigDecimal(new BigInteger(1 + random.nextInt(200), random), random.nextInt(60))
                .multiply(any(BigDecimal.ONE, BigDecimal.ONE.negate(), BigDecimal.ZERO));
    }

    private Special infinity() {
        return any(Special.INFINITY, Special.NEGATIVE_INFINITY);
    }

    private LocalDate date() {
        return any(
                LocalDate.of(-4712, 1, 1),
                LocalDate.of(5_874_897, 12, 31),
                LocalDate.of(0, 2, 29),
                LocalDate.of(10_000, 1, 1),
                LocalDate.of(2026, 11, 22).plusDays(random.nextInt(9999)));
    }

    private LocalDateTime dateTime() {
        return date().atTime(random.nextInt(24), random.nextInt(60), random.nextInt(60), random.nextInt(999) * 1000);
    }

    private Instant instant() {
        return dateTime().toInstant(ZoneOffset.UTC);
    }

    private ZoneOffset offset() {
        return any(ZoneOffset.UTC, ZoneOffset.ofTotalSeconds(-5 * 3600 - 1830), ZoneOffset.ofHours(14));
    }

    private Bytes bytes() {
        byte[] array = new byte[random.nextInt(40)];
        random.nextBytes(array);
        return new Bytes(array);
    }

    private String text() {
        return oneIn(20) ? "long ".repeat(3000) : any(TEXTS) + any(TEXTS);
    }

    private Map<String, @Nullable String> hstore() {
        Map<String, @Nullable String> map = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            map.put(text(), oneIn(3) ? null : text());
        }
        return map;
    }

    private List<@Nullable Object> array(Type.Array type, int depth) {
        List<@Nullable Object> elements = new ArrayList<>();
        boolean nested = depth < 2 && oneIn(4);
        for (int i = random.nextInt(4); i > 0; i--) {
            elements.add(nested ? array(type, depth + 1) : oneIn(5) ? null : value(type.element()));
        }
        return elements;
    }

    private boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    @SafeVarargs
    private <T> T any(T... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
