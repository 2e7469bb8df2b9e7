package io.deltastreams.change;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Random schemas and rows of every type, for property tests; the same seed gives the same. */
public final class RandomChanges {

    private static final String[] LETTERS = {"a", "b", "Z", "0", " ", "ä", "ß", "語", "😀", "\n", "\0", "\""};

    private static final List<Type.Simple> SIMPLE = List.of(Type.Simple.values());
    private static final List<Special> SPECIAL = List.of(Special.values());

    private final Random random;

    public RandomChanges(Random random) {
        this.random = random;
    }

    /** Some columns of random types; at least one. */
    public Schema schema(Relation relation, int version) {
        List<Column> columns = new ArrayList<>();
        int count = 1 + random.nextInt(20);
        for (int i = 0; i < count; i++) {
            columns.add(new Column("c" + i + "." + text(), type(0), random.nextBoolean()));
        }
        List<Integer> key = random.nextBoolean() ? List.of() : List.of(random.nextInt(count));
        return new Schema(relation, version, columns, key);
    }

    /** A column of every simple type and of one of each other kind. */
    public static Schema everyType(Relation relation) {
        List<Column> columns = new ArrayList<>();
        for (Type.Simple simple : Type.Simple.values()) {
            columns.add(new Column(simple.name(), simple, true));
            columns.add(new Column(simple.name() + "_array", new Type.Array(simple), true));
        }
        columns.add(new Column("numeric", new Type.Numeric(10, 2), true));
        columns.add(new Column("bare", new Type.Numeric(0, 0), true));
        columns.add(new Column("enumeration", new Type.Enumeration("mood", List.of("sad", "ok")), true));
        columns.add(new Column("range", new Type.Range("int4range"), true));
        columns.add(new Column("opaque", new Type.Opaque("pg_lsn"), true));
        columns.add(new Column("cube", new Type.Array(new Type.Array(new Type.Numeric(0, 0))), true));
        return new Schema(relation, 1, columns, List.of(0, 2));
    }

    private Type type(int depth) {
        int simples = SIMPLE.size();
        int pick = random.nextInt(simples + 8);
        return switch (pick - simples) {
            case 0, 1, 2 -> new Type.Numeric(random.nextInt(40), random.nextInt(20) - 5);
            case 3 -> new Type.Enumeration(text(), List.of("a", "b" + text()));
            case 4 -> new Type.Range("int4range");
            case 5 -> new Type.Opaque("tsvector");
            case 6, 7 -> depth < 2 ? new Type.Array(type(depth + 1)) : Type.Simple.INT64;
            default -> SIMPLE.get(pick);
        };
    }

    public Row row(Schema schema) {
        return row(schema, true);
    }

    /** @param absents whether columns may be absent */
    public Row row(Schema schema, boolean absents) {
        int missing = random.nextInt(4);
        @Nullable Object[] values = new @Nullable Object[schema.columns().size()];
        for (int i = 0; i < values.length; i++) {
            boolean gone = missing > 0 && random.nextInt(missing * 3) == 0;
            Object instead = absents && random.nextBoolean() ? Row.ABSENT : null;
            values[i] = gone ? instead : value(schema.columns().get(i).type(), 0);
        }
        return Row.of(values);
    }

    private Object value(Type type, int depth) {
        return switch (type) {
            case Type.Simple simple -> simple(simple);
            case Type.Numeric _ ->
                switch (random.nextInt(8)) {
                    case 0 -> special();
                    case 1 -> new BigDecimal(new BigInteger(random.nextInt(400), random), random.nextInt(600) - 300);
                    case 2 -> BigDecimal.valueOf(Long.MIN_VALUE, random.nextInt(5));
                    case 3 -> new BigDecimal(BigInteger.TWO.pow(63).negate().subtract(BigInteger.ONE), -3);
                    default -> BigDecimal.valueOf(number(), random.nextInt(12));
                };
            case Type.Enumeration _, Type.Range _, Type.Opaque _ -> text();
            case Type.Array array -> {
                List<@Nullable Object> list = new ArrayList<>();
                int count = random.nextInt(5);
                boolean nulls = random.nextBoolean();
                boolean nested = depth < 3 && random.nextInt(4) == 0;
                for (int i = 0; i < count; i++) {
                    if (nulls && random.nextInt(3) == 0) {
                        list.add(null);
                    } else {
                        list.add(nested ? value(array, depth + 1) : value(array.element(), depth + 1));
                    }
                }
                yield Collections.unmodifiableList(list);
            }
        };
    }

    private Object simple(Type.Simple type) {
        return switch (type) {
            case BOOL -> random.nextBoolean();
            case INT16 -> (int) (short) number();
            case INT32 -> (int) number();
            case INT64 -> number();
            case FLOAT32 -> Float.intBitsToFloat(random.nextInt());
            case FLOAT64 -> Double.longBitsToDouble(random.nextLong());
            case TEXT, JSON, XML, LTREE -> text();
            case BYTES -> bytes();
            case DATE -> random.nextInt(8) == 0 ? special() : LocalDate.ofEpochDay(number() % 2_000_000);
            case TIME -> new TimeOfDay(random.nextInt(9) == 0 ? 86_400_000_000L : random.nextLong(86_400_000_000L));
            case TIMETZ ->
                OffsetTime.of(
                        LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000_000L)),
                        ZoneOffset.ofTotalSeconds(random.nextInt(2 * 64_800 + 1) - 64_800));
            case TIMESTAMP ->
                random.nextInt(8) == 0
                        ? special()
                        : LocalDateTime.ofEpochSecond(number() % 200_000_000_000L, nano(), ZoneOffset.UTC);
            case TIMESTAMPTZ ->
                random.nextInt(8) == 0 ? special() : Instant.ofEpochSecond(number() % 200_000_000_000L, nano());
            case INTERVAL -> new Interval(random.nextInt(), (int) number(), number());
            case UUID -> new UUID(random.nextLong(), random.nextLong());
            case HSTORE -> {
                TreeMap<String, @Nullable String> map = new TreeMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(text(), random.nextBoolean() ? text() : null);
                }
                yield Collections.unmodifiableSortedMap(map);
            }
            case GEOMETRY ->
                new Geometry(bytes(), random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt()));
        };
    }

    private Special special() {
        return SPECIAL.get(random.nextInt(SPECIAL.size()));
    }

    /** Small, middling and extreme ones alike. */
    private long number() {
        return switch (random.nextInt(6)) {
            case 0 -> Long.MAX_VALUE;
            case 1 -> Long.MIN_VALUE;
            default -> random.nextLong() >> random.nextInt(Long.SIZE);
        };
    }

    private int nano() {
        int nano = random.nextInt(1_000_000_000);
        return random.nextBoolean() ? nano : nano / 1000 * 1000;
    }

    private Bytes bytes() {
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return new Bytes(bytes);
    }

    private String text() {
        int length = random.nextInt(10) == 0 ? random.nextInt(300) : random.nextInt(12);
        boolean ascii = random.nextBoolean();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(LETTERS[random.nextInt(ascii ? 5 : LETTERS.length)]);
        }
        return text.toString();
    }
}
