package io.deltastreams.codec.avro;

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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How many narrow deltas a second one thread writes, key and value, beside Avro's generic writer with the same schemas. All in the same run,
 * in turn: the ratios are what counts.
 */
@Tag("bench")
class AvroCodecBenchTest {

    private static final int ROWS = 1_000_000;
    private static final int ROUNDS = 5;
    private static final int DELTAS = 1000;
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

    private final HeldSchemas registry = new HeldSchemas();
    private final AvroCodec codec = new AvroCodec("orders", new Options("delta_streams", true), registry);

    /** @param bytes of the key and value of the delta of that number */
    private record Contender(String name, IntUnaryOperator bytes) {}

    @Test
    void encoded_rows_beside_the_generic_writer() {
        List<Delta> values = new ArrayList<>();
        List<Delta> encoded = new ArrayList<>();
        for (int i = 0; i < DELTAS; i++) {
            Row row = row(i);
            values.add(delta(i, row));
            encoded.add(delta(i, encoded(row)));
        }
        codec.value(values.getFirst());
        Generic generic = new Generic(
                parsed(registry.versions("orders-key").getFirst()),
                parsed(registry.versions("orders-value").getFirst()));
        List<GenericRecord> keys = values.stream().map(generic::key).toList();
        List<GenericRecord> records = values.stream().map(generic::value).toList();
        List<Contender> contenders = List.of(
                new Contender("codec.avro, encoded rows", i -> written(encoded.get(i))),
                new Contender("codec.avro, rows of values", i -> written(values.get(i))),
                new Contender(
                        "generic, made and written",
                        i -> generic.written(generic.key(values.get(i)), generic.value(values.get(i)))),
                new Contender("generic, written only", i -> generic.written(keys.get(i), records.get(i))));
        double[] best = new double[contenders.size()];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < best.length; i++) {
                best[i] = Math.max(best[i], rate(contenders.get(i)));
            }
        }
        for (int i = 0; i < best.length; i++) {
            System.out.printf(
                    "bench %-28s %,12.0f deltas/s %6.2f of generic, made and written%n",
                    contenders.get(i).name(), best[i], best[i] / best[2]);
        }
        byte[] value = codec.value(encoded.get(1));
        assertThat(Arrays.copyOfRange(value, 5, value.length)).isEqualTo(generic.bytes(records.get(1)));
        assertThat(best[0]).isGreaterThan(best[2]);
    }

    private static double rate(Contender contender) {
        long bytes = 0;
        long start = System.nanoTime();
        for (int i = 0; i < ROWS; i++) {
            bytes += contender.bytes().applyAsInt(i % DELTAS);
        }
        assertThat(bytes).isPositive();
        return ROWS / ((System.nanoTime() - start) / 1e9);
    }

    private int written(Delta delta) {
        return Objects.requireNonNull(codec.key(delta)).length + codec.value(delta).length;
    }

    /** As one writes it with Avro's library: a record of values, its writer, an encoder that is used again. */
    private static final class Generic {

        private final org.apache.avro.Schema key;
        private final org.apache.avro.Schema value;
        private final org.apache.avro.Schema row;
        private final GenericDatumWriter<GenericRecord> keys;
        private final GenericDatumWriter<GenericRecord> values;
        private final GenericData.EnumSymbol insert;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);

        Generic(org.apache.avro.Schema key, org.apache.avro.Schema value) {
            this.key = key;
            this.value = value;
            this.row = AvroValues.plain(value.getField("after").schema());
            this.keys = new GenericDatumWriter<>(key);
            this.values = new GenericDatumWriter<>(value);
            this.insert = new GenericData.EnumSymbol(value.getField("op").schema(), "insert");
        }

        GenericRecord key(Delta delta) {
            GenericRecord record = new GenericData.Record(key);
            record.put(0, after(delta).get(0));
            return record;
        }

        GenericRecord value(Delta delta) {
            Row after = after(delta);
            GenericRecord image = new GenericData.Record(row);
            for (int i = 0; i < after.size(); i++) {
                image.put(i, after.get(i));
            }
            BigDecimal amount = (BigDecimal) Objects.requireNonNull(after.get(2));
            image.put(2, ByteBuffer.wrap(amount.unscaledValue().toByteArray()));
            image.put(5, micros((Instant) Objects.requireNonNull(after.get(5))));
            GenericRecord transaction =
                    new GenericData.Record(value.getField("tx").schema());
            transaction.put(0, delta.transaction());
            transaction.put(1, delta.last());
            GenericRecord record = new GenericData.Record(value);
            record.put(0, delta.position().toString());
            record.put(1, insert);
            record.put(2, "orders");
            record.put(3, delta.source().text());
            record.put(5, image);
            record.put(6, List.of());
            record.put(7, transaction);
            record.put(8, micros(delta.committedAt()));
            record.put(9, delta.schema().version());
            record.put(10, delta.snapshot());
            return record;
        }

        private static Row after(Delta delta) {
            return ((Change.Insert) delta.change()).after();
        }

        private static long micros(Instant time) {
            return time.getEpochSecond() * 1_000_000 + time.getNano() / 1000;
        }

        int written(GenericRecord first, GenericRecord second) {
            return bytes(keys, first).length + bytes(values, second).length;
        }

        byte[] bytes(GenericRecord record) {
            return bytes(values, record);
        }

        private byte[] bytes(GenericDatumWriter<GenericRecord> writer, GenericRecord record) {
            try {
                out.reset();
                writer.write(record, encoder);
                encoder.flush();
                return out.toByteArray();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static org.apache.avro.Schema parsed(String text) {
        return new org.apache.avro.Schema.Parser().parse(text);
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
}
