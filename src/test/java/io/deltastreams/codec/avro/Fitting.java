package io.deltastreams.codec.avro;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Special;
import io.deltastreams.change.Type;
import io.deltastreams.codec.RandomDeltas;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which values have a form in Avro, and random deltas of such alone. */
final class Fitting {

    private static final Instant FIRST = Instant.parse("-290000-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("+294000-01-01T00:00:00Z");

    private Fitting() {}

    static boolean hasForm(Type type, @Nullable Object value) {
        return switch (value) {
            case null -> true;
            case Special special -> !(type instanceof Type.Numeric(int precision, int _) && precision > 0);
            case BigDecimal number -> !(type instanceof Type.Numeric numeric) || hasForm(numeric, number);
            case Instant time -> hasForm(time);
            case LocalDateTime time -> hasForm(time.toInstant(ZoneOffset.UTC));
            case List<?> list ->
                list.stream()
                        .allMatch(element ->
                                !(element instanceof List<?>) && hasForm(((Type.Array) type).element(), element));
            default -> true;
        };
    }

    private static boolean hasForm(Type.Numeric type, BigDecimal number) {
        if (type.precision() == 0) {
            return true;
        }
        BigDecimal shortest = number.stripTrailingZeros();
        return shortest.scale() <= type.scale()
                && shortest.abs().compareTo(BigDecimal.ONE.movePointRight(type.precision() - type.scale())) < 0;
    }

    static boolean hasForm(Instant time) {
        return time.isAfter(FIRST)
                && time.isBefore(LAST)
                && time.truncatedTo(ChronoUnit.MICROS).equals(time);
    }

    /** The columns of both images that have none. */
    static List<String> columnsWithoutForm(Delta delta) {
        List<String> columns = new ArrayList<>();
        for (Row row : images(delta.change())) {
            for (int i = 0; i < row.size(); i++) {
                if (row.has(i) && !hasForm(delta.schema().columns().get(i).type(), row.get(i))) {
                    columns.add(delta.schema().columns().get(i).name());
                }
            }
        }
        return columns;
    }

    private static List<Row> images(Change change) {
        return switch (change) {
            case Change.Insert insert -> List.of(insert.after());
            case Change.Update update ->
                update.before() == null ? List.of(update.after()) : List.of(update.before(), update.after());
            case Change.Delete delete -> List.of(delete.before());
            case Change.Truncate _ -> List.of();
        };
    }

    /** A delta like the random ones, with other random values in place of those without a form. */
    static Delta delta(RandomDeltas random) {
        Delta delta = random.delta(random.schema());
        Schema schema = delta.schema();
        Change change = switch (delta.change()) {
            case Change.Insert insert ->
                new Change.Insert(delta.position(), schema, row(insert.after(), schema, random));
            case Change.Update update ->
                new Change.Update(
                        delta.position(),
                        schema,
                        update.before() == null ? null : row(update.before(), schema, random),
                        row(update.after(), schema, random));
            case Change.Delete delete ->
                new Change.Delete(delta.position(), schema, row(delete.before(), schema, random));
            case Change.Truncate truncate -> truncate;
        };
        Instant committedAt = hasForm(delta.committedAt()) ? delta.committedAt() : Instant.EPOCH;
        return new Delta(change, delta.source(), delta.transaction(), committedAt, delta.snapshot(), delta.last());
    }

    private static Row row(Row row, Schema schema, RandomDeltas random) {
        @Nullable Object[] values = new @Nullable Object[row.size()];
        for (int i = 0; i < values.length; i++) {
            Type type = schema.columns().get(i).type();
            values[i] = row.get(i);
            while (row.has(i) && !hasForm(type, values[i])) {
                values[i] = value(type, random);
            }
        }
        return Row.of(values);
    }

    private static Object value(Type type, RandomDeltas random) {
        if (type instanceof Type.Numeric(int precision, int scale) && precision > 0) {
            long digits = (Long) Objects.requireNonNull(random.value(Type.Simple.INT64));
            return BigDecimal.valueOf(digits % (long) Math.pow(10, precision), scale);
        }
        return random.value(type);
    }
}
