package io.deltastreams.source.debezium;

import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.connector.postgresql.UnchangedToastedReplicationMessageColumn;
import io.debezium.data.SpecialValueDecimal;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import io.deltastreams.change.Interval;
import io.deltastreams.postgres.PgText;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.util.PGInterval;

/**
 * Keeps the engine from losing what its own converters lose: these columns' values leave it as text that says all (arrays, numeric, interval,
 * bit strings, hstore, points), or as days or microseconds since 1970 (dates, timestamps). Their schema names the type in {@link #TYPE} and the nullability in
 * {@link #NULLABLE}, because it has to be optional: the image of a deleted row has nulls in columns that are no part of its key. The engine makes
 * it by its name, so it is public.
 */
public final class PlainValues implements CustomConverter<SchemaBuilder, RelationalColumn> {

    static final String TYPE = "deltastreams.type";
    static final String NULLABLE = "deltastreams.nullable";
    static final String PLACEHOLDER = "placeholder";

    /** PostgreSQL's infinities among days and microseconds; no date of its own gets there. */
    static final long INFINITY = Long.MAX_VALUE;

    static final long NEGATIVE_INFINITY = Long.MIN_VALUE;
    private static final long UNCHANGED = Long.MIN_VALUE + 1;

    private static final Map<Integer, String> BY_OID = Map.ofEntries(
            Map.entry(1700, "numeric"),
            Map.entry(790, "money"),
            Map.entry(17, "bytea"),
            Map.entry(1082, "date"),
            Map.entry(1114, "timestamp"),
            Map.entry(1184, "timestamptz"),
            Map.entry(1266, "timetz"),
            Map.entry(1186, "interval"),
            Map.entry(1560, "bit"),
            Map.entry(1562, "varbit"),
            Map.entry(600, "point"),
            Map.entry(601, "lseg"),
            Map.entry(602, "path"),
            Map.entry(603, "box"),
            Map.entry(604, "polygon"),
            Map.entry(628, "line"),
            Map.entry(718, "circle"));

    private String placeholder = "";

    /** Whether a date or timestamp says that it was not sent. */
    static boolean isUnchanged(long value) {
        return value == UNCHANGED;
    }

    @Override
    public void configure(Properties properties) {
        placeholder = properties.getProperty(PLACEHOLDER, "");
    }

    @Override
    public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
        String name = column.typeName().toLowerCase(Locale.ROOT).replace("\"", "");
        String type = BY_OID.get(column.nativeType());
        if (type == null && (name.startsWith("_") || name.equals("hstore"))) {
            type = name;
        }
        if (type == null) {
            return;
        }
        switch (type) {
            case "date" -> register(registration, SchemaBuilder.int64(), type, column, this::days);
            case "timestamp" -> register(registration, SchemaBuilder.int64(), type, column, this::local);
            case "timestamptz" -> register(registration, SchemaBuilder.int64(), type, column, this::micros);
            case "bytea" -> register(registration, SchemaBuilder.bytes(), type, column, this::bytes);
            case "money" -> register(registration, SchemaBuilder.string(), type, column, this::money);
            default -> register(registration, SchemaBuilder.string(), type, column, this::text);
        }
    }

    private static void register(
            ConverterRegistration<SchemaBuilder> registration,
            SchemaBuilder schema,
            String type,
            RelationalColumn column,
            Converter converter) {
        registration.register(
                schema.optional().parameter(TYPE, type).parameter(NULLABLE, Boolean.toString(column.isOptional())),
                converter);
    }

    private @Nullable Object days(@Nullable Object value) {
        return switch (value) {
            case LocalDate date when date.equals(PostgresValueConverter.POSITIVE_INFINITY_LOCAL_DATE) -> INFINITY;
            case LocalDate date
            when date.equals(PostgresValueConverter.NEGATIVE_INFINITY_LOCAL_DATE) -> NEGATIVE_INFINITY;
            case LocalDate date -> date.toEpochDay();
            case Date date when date.getTime() == PGStatement.DATE_POSITIVE_INFINITY -> INFINITY;
            case Date date when date.getTime() == PGStatement.DATE_NEGATIVE_INFINITY -> NEGATIVE_INFINITY;
            case Date date ->
                proleptic(date, TimeZone.getDefault()).toLocalDate().toEpochDay();
            case null -> null;
            default -> unchanged(value) ? UNCHANGED : null;
        };
    }

    private @Nullable Object micros(@Nullable Object value) {
        return switch (value) {
            case OffsetDateTime time -> micros(time.toInstant());
            case Instant time -> micros(time);
            case Timestamp time when time.getTime() == PGStatement.DATE_POSITIVE_INFINITY -> INFINITY;
            case Timestamp time when time.getTime() == PGStatement.DATE_NEGATIVE_INFINITY -> NEGATIVE_INFINITY;
            case Timestamp time ->
                micros(proleptic(time, TimeZone.getTimeZone(ZoneOffset.UTC)).toInstant(ZoneOffset.UTC));
            case null -> null;
            default -> unchanged(value) ? UNCHANGED : null;
        };
    }

    /** A timestamp without zone comes from the driver as one of the default zone. */
    private @Nullable Object local(@Nullable Object value) {
        return value instanceof Timestamp time
                        && time.getTime() != PGStatement.DATE_POSITIVE_INFINITY
                        && time.getTime() != PGStatement.DATE_NEGATIVE_INFINITY
                ? (Object) micros(proleptic(time, TimeZone.getDefault()).toInstant(ZoneOffset.UTC))
                : micros(value);
    }

    /** The driver counts days before 1582-10-15 by the Julian calendar, as PostgreSQL and {@code java.time} do not. */
    private static LocalDateTime proleptic(java.util.Date time, TimeZone zone) {
        Calendar calendar = new GregorianCalendar(zone, Locale.ROOT);
        calendar.setTime(time);
        int year = calendar.get(Calendar.YEAR);
        int nanos = time instanceof Timestamp timestamp ? timestamp.getNanos() : 0;
        return LocalDateTime.of(
                calendar.get(Calendar.ERA) == GregorianCalendar.BC ? 1 - year : year,
                calendar.get(Calendar.MONTH) + 1,
                calendar.get(Calendar.DAY_OF_MONTH),
                calendar.get(Calendar.HOUR_OF_DAY),
                calendar.get(Calendar.MINUTE),
                calendar.get(Calendar.SECOND),
                nanos);
    }

    private static long micros(Instant time) {
        if (time.equals(PostgresValueConverter.POSITIVE_INFINITY_INSTANT)
                || time.getEpochSecond() == PGStatement.DATE_POSITIVE_INFINITY / 1000) {
            return INFINITY;
        }
        if (time.equals(PostgresValueConverter.NEGATIVE_INFINITY_INSTANT)
                || time.getEpochSecond() == PGStatement.DATE_NEGATIVE_INFINITY / 1000) {
            return NEGATIVE_INFINITY;
        }
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1000);
    }

    private @Nullable Object bytes(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case byte[] bytes -> bytes;
            default -> unchanged(value) ? placeholder.getBytes(StandardCharsets.UTF_8) : null;
        };
    }

    private @Nullable Object money(@Nullable Object value) {
        return switch (value) {
            case Double amount ->
                BigDecimal.valueOf(amount).setScale(2, RoundingMode.HALF_UP).toPlainString();
            case BigDecimal amount -> amount.setScale(2, RoundingMode.HALF_UP).toPlainString();
            case null -> null;
            default -> text(value);
        };
    }

    private static boolean unchanged(Object value) {
        return UnchangedToastedReplicationMessageColumn.isUnchangedToastedValue(value);
    }

    private @Nullable Object text(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case String text -> text;
            case SpecialValueDecimal decimal ->
                decimal.getDecimalValue().isPresent()
                        ? decimal.getDecimalValue().get().toPlainString()
                        : Double.toString(decimal.toDouble());
            case PGInterval interval -> spelled(PgText.interval(interval));
            case Map<?, ?> map -> hstore(map);
            default -> unchanged(value) ? placeholder : value.toString();
        };
    }

    private static String spelled(Interval interval) {
        return interval.months() + " " + interval.days() + " " + interval.micros();
    }

    /** Reads what was written for an interval. */
    static Interval interval(String text) {
        int first = text.indexOf(' ');
        int second = text.indexOf(' ', first + 1);
        return new Interval(
                Integer.parseInt(text, 0, first, 10),
                Integer.parseInt(text, first + 1, second, 10),
                Long.parseLong(text, second + 1, text.length(), 10));
    }

    private static String hstore(Map<?, ?> map) {
        StringBuilder text = new StringBuilder();
        map.forEach((key, value) -> {
            text.append(text.isEmpty() ? "" : ", ").append(quoted(key)).append("=>");
            text.append(value == null ? "NULL" : quoted(value));
        });
        return text.toString();
    }

    private static String quoted(@Nullable Object text) {
        return '"' + String.valueOf(text).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
