package io.deltastreams.codec.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
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
import io.deltastreams.codec.WireFormat;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How many narrow deltas a second one thread writes, key and value, beside protobuf-java's dynamic messages. All in the same run, in turn: the
 * ratios are what counts.
 */
@Tag("bench")
class ProtobufCodecBenchTest {

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
    void encoded_rows_beside_dynamic_messages() {
        List<Delta> values = new ArrayList<>();
        List<Delta> encoded = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Row row = row(i);
            values.add(delta(i, row));
            encoded.add(delta(i, encoded(row)));
        }
        MemoryRegistry registry = new MemoryRegistry();
        Codec codec = new ProtobufCodec(registry, "orders", "shop");
        Function<Delta, byte[]> key = delta -> Objects.requireNonNull(codec.key(delta));
        Dynamic keys = new Dynamic(registry, Reader.id(key.apply(values.getFirst())));
        Dynamic messages = new Dynamic(registry, Reader.id(codec.value(values.getFirst())));
        List<Contender> contenders = List.of(
                new Contender("codec.protobuf, encoded rows", key, codec::value, encoded),
                new Contender("codec.protobuf, rows of values", key, codec::value, values),
                new Contender("dynamic messages", keys::key, messages::value, values));
        double[] best = new double[contenders.size()];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < best.length; i++) {
                best[i] = Math.max(best[i], rate(contenders.get(i)));
            }
        }
        for (int i = 0; i < best.length; i++) {
            System.out.printf(
                    "bench %-32s %,12.0f deltas/s %6.2f of dynamic messages%n",
                    contenders.get(i).name(), best[i], best[i] / best[2]);
        }
        assertThat(codec.value(encoded.get(1))).isEqualTo(messages.value(values.get(1)));
        assertThat(key.apply(encoded.get(1))).isEqualTo(keys.key(values.get(1)));
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

    /** The same records through messages that are made of descriptors, looked up once. */
    private static final class Dynamic {

        private final int id;
        private final Descriptor delta;
        private final List<FieldDescriptor> fields;

        Dynamic(MemoryRegistry registry, int id) {
            this.id = id;
            this.delta = Reader.descriptor(registry.text(id));
            this.fields = delta.getFields();
        }

        private static Row after(Delta delta) {
            return ((Change.Insert) delta.change()).after();
        }

        byte[] key(Delta change) {
            return record(DynamicMessage.newBuilder(delta)
                    .setField(
                            fields.getFirst(),
                            Objects.requireNonNull(after(change).get(0)))
                    .build());
        }

        byte[] value(Delta change) {
            FieldDescriptor tx = fields.get(8);
            return record(DynamicMessage.newBuilder(delta)
                    .setField(fields.get(0), change.position().toString())
                    .setField(
                            fields.get(1),
                            fields.get(1).getEnumType().getValues().get(1))
                    .setField(fields.get(2), "orders")
                    .setField(fields.get(3), change.source().text())
                    .setField(fields.get(5), row(fields.get(5).getMessageType(), after(change)))
                    .setField(
                            tx,
                            DynamicMessage.newBuilder(tx.getMessageType())
                                    .setField(tx.getMessageType().getFields().getFirst(), change.transaction())
                                    .build())
                    .setField(fields.get(9), instant(fields.get(9).getMessageType(), change.committedAt()))
                    .setField(fields.get(10), change.schema().version())
                    .build());
        }

        private static DynamicMessage row(Descriptor type, Row row) {
            List<FieldDescriptor> columns = type.getFields();
            DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
            for (int i = 0; i < columns.size(); i++) {
                FieldDescriptor column = columns.get(i);
                Object value = Objects.requireNonNull(row.get(i));
                builder.setField(
                        column,
                        switch (value) {
                            case BigDecimal number -> number.toPlainString();
                            case Instant time -> instant(column.getMessageType(), time);
                            default -> value;
                        });
            }
            return builder.build();
        }

        private static DynamicMessage instant(Descriptor type, Instant time) {
            return DynamicMessage.newBuilder(type)
                    .setField(type.getFields().get(0), time.getEpochSecond())
                    .setField(type.getFields().get(1), time.getNano())
                    .build();
        }

        private byte[] record(DynamicMessage message) {
            byte[] bytes = message.toByteArray();
            byte[] record = Arrays.copyOf(new byte[6], 6 + bytes.length);
            WireFormat.write(record, id);
            System.arraycopy(bytes, 0, record, 6, bytes.length);
            return record;
        }
    }
}
