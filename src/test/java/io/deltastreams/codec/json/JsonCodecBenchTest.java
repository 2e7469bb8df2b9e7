package io.deltastreams.codec.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.codec.Codec;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How many narrow deltas a second one thread writes, key and value, beside a loop written by hand for this one schema, and beside Jackson's
 * generator. All in the same run, in turn: the ratios are what counts.
 */
@Tag("bench")
class JsonCodecBenchTest {

    private static final int ROWS = 1_000_000;
    private static final int ROUNDS = 5;
    private static final Instant COMMITTED_AT = Instant.parse("2026-11-22T10:15:30.123456Z");
    private static final Schema SCHEMA = new Schema(
            new StreamId("orders"),
            1,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("customer", Type.Simple.INT32, false),
                    new Column("amount", new Type.Numeric(12, 2), false),
                    new Column("status", Type.Simple.TEXT, false),
                    new Column("note", Type.Simple.TEXT, true),
                    new Column("created_at", Type.Simple.TIMESTAMPTZ, false)),
            List.of(0));

    private record Contender(
            String name, Function<Delta, byte[]> key, Function<Delta, byte[]> value, List<Delta> deltas) {}

    @Test
    void encoded_rows_beside_a_loop_by_hand_and_a_generator() {
        List<Delta> values = new ArrayList<>();
        List<Delta> encoded = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Row row = row(i);
            values.add(delta(i, row));
            encoded.add(delta(i, encoded(row)));
        }
        Codec codec = new JsonCodecs().json();
        GeneratedJson generated = new GeneratedJson(false);
        List<Contender> contenders = List.of(
                new Contender("codec.json, encoded rows", codec::key, codec::value, encoded),
                new Contender("codec.json, rows of values", codec::key, codec::value, values),
                new Contender("by hand", JsonCodecBenchTest::keyByHand, JsonCodecBenchTest::valueByHand, values),
                new Contender("Jackson's generator", generated::key, generated::value, values));
        double[] best = new double[contenders.size()];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < best.length; i++) {
                best[i] = Math.max(best[i], rate(contenders.get(i)));
            }
        }
        for (int i = 0; i < best.length; i++) {
            System.out.printf(
                    "bench %-28s %,12.0f deltas/s %6.2f of by hand%n",
                    contenders.get(i).name(), best[i], best[i] / best[2]);
        }
        assertThat(new String(codec.value(encoded.get(1)), UTF_8))
                .isEqualTo(new String(valueByHand(values.get(1)), UTF_8));
        assertThat(best[0]).isGreaterThan(best[2]);
    }

    private static double rate(Contender contender) {
        long bytes = 0;
        long start = System.nanoTime();
        for (int i = 0; i < ROWS; i++) {
            Delta delta = contender.deltas().get(i % contender.deltas().size());
            bytes += contender.key().apply(delta).length + contender.value().apply(delta).length;
        }
        assertThat(bytes).isPositive();
        return ROWS / ((System.nanoTime() - start) / 1e9);
    }

    private static Row row(int i) {
        return Row.of(
                1_000_000L + i,
                i,
                BigDecimal.valueOf(i * 7L, 2),
                "PAID",
                "a note of some length, number " + i,
                Instant.ofEpochSecond(1_800_000_000L + i, i * 1000L));
    }

    private static Row encoded(Row row) {
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(row, SCHEMA, out);
        return RowCodec.decode(new BinaryReader(out.toByteArray()), SCHEMA);
    }

    private static Delta delta(int i, Row row) {
        return new Delta(
                new Change.Insert(new Position(1, 0x16b3748, i), SCHEMA, row),
                new TableId("public", "orders"),
                "790",
                COMMITTED_AT,
                false,
                false);
    }

    private static byte[] keyByHand(Delta delta) {
        Row row = ((Change.Insert) delta.change()).after();
        return ("{\"id\":" + row.get(0) + "}").getBytes(UTF_8);
    }

    private static byte[] valueByHand(Delta delta) {
        Row row = ((Change.Insert) delta.change()).after();
        StringBuilder json = new StringBuilder(512);
        json.append("{\"position\":\"").append(delta.position()).append("\",\"op\":\"insert\",\"stream\":\"orders\"");
        json.append(",\"key\":{\"id\":").append(row.get(0)).append('}');
        json.append(",\"after\":{\"id\":").append(row.get(0));
        json.append(",\"customer\":").append(row.get(1));
        json.append(",\"amount\":\"").append(row.get(2));
        json.append("\",\"status\":\"").append(row.get(3));
        json.append("\",\"note\":\"").append(row.get(4));
        json.append("\",\"created_at\":\"");
        append(json, (Instant) Objects.requireNonNull(row.get(5)));
        json.append("\"},\"tx\":{\"id\":\"").append(delta.transaction());
        json.append("\"},\"committed_at\":\"");
        append(json, delta.committedAt());
        json.append("\",\"schema\":").append(delta.schema().version()).append('}');
        return json.toString().getBytes(UTF_8);
    }

    private static void append(StringBuilder json, Instant time) {
        LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
        append(json, utc.getYear(), 1000).append('-');
        append(json, utc.getMonthValue(), 10).append('-');
        append(json, utc.getDayOfMonth(), 10).append('T');
        append(json, utc.getHour(), 10).append(':');
        append(json, utc.getMinute(), 10).append(':');
        append(json, utc.getSecond(), 10).append('.');
        append(json, utc.getNano() / 1000, 100_000).append('Z');
    }

    private static StringBuilder append(StringBuilder json, int number, int unit) {
        for (int place = unit; place > 0; place /= 10) {
            json.append((char) ('0' + number / place % 10));
        }
        return json;
    }
}
