package io.deltastreams.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.deltastreams.change.Batch;
import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Transaction;
import io.deltastreams.change.Type;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How fast the log is, beside the bare file: prints, and judges only that nothing is lost. */
@Tag("bench")
class ChangeLogBenchTest {

    private static final int ROWS = 1_000_000;
    private static final Schema SCHEMA = new Schema(
            Batches.ORDERS,
            1,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("customer_id", Type.Simple.INT32, false),
                    new Column("amount", new Type.Numeric(12, 2), false),
                    new Column("created_at", Type.Simple.TIMESTAMPTZ, false),
                    new Column("status", Type.Simple.TEXT, false),
                    new Column("note", Type.Simple.TEXT, true)),
            List.of(0));

    @TempDir
    Path folder;

    @Test
    void append_and_read_beside_the_bare_file() throws IOException {
        for (int perTransaction : new int[] {1000, 1000, 10, 1}) {
            Path path = folder.resolve("log" + System.nanoTime());
            LogSettings settings = LogSettings.at(path);
            long bytes = append(settings, perTransaction);
            read(settings, perTransaction);
            bare(path.resolve("bare"), bytes);
        }
    }

    private static long append(LogSettings settings, int perTransaction) throws IOException {
        try (ChangeLog log = ChangeLog.open(settings)) {
            long start = System.nanoTime();
            Deque<CompletableFuture<Void>> underWay = new ArrayDeque<>();
            int commits = ROWS / perTransaction;
            int window = Math.max(4, 20_000 / perTransaction);
            for (int commit = 1; commit <= commits; commit++) {
                underWay.add(log.append(batch(commit, perTransaction)));
                if (underWay.size() > window) {
                    underWay.remove().join();
                }
            }
            underWay.forEach(CompletableFuture::join);
            double seconds = (System.nanoTime() - start) / 1e9;
            long bytes = log.status().bytes();
            System.out.printf(
                    "append, %d rows per batch: %,.0f rows/s, %.0f MB/s (%d bytes per row)%n",
                    perTransaction, ROWS / seconds, bytes / 1e6 / seconds, bytes / ROWS);
            return bytes;
        }
    }

    private static void read(LogSettings settings, int perTransaction) throws IOException {
        long opening = System.nanoTime();
        try (ChangeLog log = ChangeLog.open(settings)) {
            long start = System.nanoTime();
            System.out.printf(
                    "open, %d MB in %d segments: %d ms%n",
                    log.status().bytes() / 1_000_000, log.status().segments(), (start - opening) / 1_000_000);
            long rows = 0;
            Position at = Position.START;
            while (!at.equals(log.last().orElseThrow())) {
                Slice.Changes slice = (Slice.Changes) log.read(at, _ -> true, 1 << 20);
                for (Transaction transaction : slice.transactions()) {
                    rows += transaction.changes().size();
                }
                at = slice.upTo();
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            assertThat(rows).isEqualTo(ROWS);
            System.out.printf("read from disk, %d rows per batch: %,.0f rows/s%n", perTransaction, ROWS / seconds);
        }
    }

    /** The same bytes, a megabyte per write and sync. */
    private static void bare(Path file, long bytes) throws IOException {
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
            for (long written = 0; written < bytes; ) {
                buffer.clear();
                written += channel.write(buffer);
                channel.force(false);
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf("bare file, write and sync per MB: %.0f MB/s%n", bytes / 1e6 / seconds);
    }

    @Test
    void rows_to_bytes_and_back() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            rows.add(row(i, i));
        }
        BinaryWriter out = new BinaryWriter(1 << 20);
        for (int round = 0; round < 4; round++) {
            long encoding = 0;
            long decoding = 0;
            for (int i = 0; i < 100; i++) {
                long start = System.nanoTime();
                out.truncate(0);
                rows.forEach(row -> RowCodec.encode(row, SCHEMA, out));
                long encoded = System.nanoTime();
                BinaryReader in = new BinaryReader(out.array(), 0, out.size());
                int columns = 0;
                while (in.remaining() > 0) {
                    columns += RowCodec.decode(in, SCHEMA).size();
                }
                assertThat(columns).isEqualTo(60_000);
                encoding += encoded - start;
                decoding += System.nanoTime() - encoded;
            }
            System.out.printf(
                    "RowCodec: encode %,.0f rows/s, decode %,.0f rows/s, %d bytes per row%n",
                    1e15 / encoding, 1e15 / decoding, out.size() / 10_000);
        }
    }

    private static Batch batch(int commit, int rows) {
        List<Change> changes = new ArrayList<>(rows);
        for (int i = 0; i < rows; i++) {
            changes.add(new Change.Insert(new Position(1, commit, i), SCHEMA, row(commit, i)));
        }
        Instant time = Instant.ofEpochSecond(1_800_000_000L + commit);
        return new Batch(
                List.of(new Transaction("790", Transaction.Kind.COMMIT, time, changes, true)),
                new ResumeToken("0/16B3748 and some more words as Debezium writes them"));
    }

    private static Row row(int commit, int i) {
        return Row.of(
                commit * 1000L + i,
                i,
                BigDecimal.valueOf(commit + i, 2),
                Instant.ofEpochSecond(1_800_000_000L + commit, i * 1000L),
                "PAID",
                "a note of about a hundred characters, such as people write into such a field when they have the time");
    }
}
