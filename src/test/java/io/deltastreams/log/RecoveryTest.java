package io.deltastreams.log;

import static io.deltastreams.log.Batches.orderBatch;
import static io.deltastreams.log.Batches.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.change.Batch;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariants 1 and 2 under damage: what is read is a prefix of what was appended, or an error that names file and offset. */
class RecoveryTest {

    @TempDir
    Path folder;

    private static LogSettings settings(Path path) {
        return new LogSettings(
                path,
                LogSettings.Durability.FSYNC,
                8192,
                Duration.ofDays(365_000),
                1L << 40,
                1L << 40,
                LogSettings.OverBudget.WAIT);
    }

    @Test
    void a_log_cut_at_any_byte_holds_a_prefix_and_goes_on() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("RecoveryTest seed " + seed);
        Random random = new Random(seed);
        List<Batch> batches = Batches.random(random, 40);
        Path whole = written(batches);
        Path last = lastFile(whole);
        long length = Files.size(last);
        for (int round = 0; round < 60; round++) {
            long cut = round < 2 ? round * length : random.nextLong(length);
            Path path = copy(whole, "cut" + round);
            truncate(path.resolve(last.getFileName()), cut);
            ResumeToken token = new ResumeToken("after the cut");
            List<Transaction> prefix;
            Batch more;
            try (ChangeLog log = ChangeLog.open(settings(path))) {
                prefix = readAll(log, Position.START);
                isPrefix(log, batches, prefix, "seed %d, cut at %d".formatted(seed, cut));
                more = following(log, token);
                log.append(more).join();
            }
            try (ChangeLog log = ChangeLog.open(settings(path))) {
                List<Transaction> expected = new ArrayList<>(prefix);
                expected.addAll(more.transactions());
                assertThat(readAll(log, Position.START))
                        .as("seed %d, cut at %d", seed, cut)
                        .isEqualTo(expected);
                assertThat(log.resumeToken()).contains(token);
            }
        }
    }

    @Test
    void a_flipped_bit_anywhere_gives_a_prefix_or_an_error_that_names_the_place() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("RecoveryTest seed " + seed);
        Random random = new Random(seed);
        List<Batch> batches = Batches.random(random, 40);
        Path whole = written(batches);
        List<Path> files = files(whole);
        int[] outcomes = new int[2];
        for (int round = 0; round < 200; round++) {
            Path file = files.get(round % 3 == 0 ? files.size() - 1 : random.nextInt(files.size()));
            long offset = random.nextLong(round % 2 == 0 ? Math.min(200, Files.size(file)) : Files.size(file));
            String place = "seed %d, %s at %d".formatted(seed, file.getFileName(), offset);
            Path path = copy(whole, "flip" + round);
            flip(path.resolve(file.getFileName()), offset, random.nextInt(8));
            try (ChangeLog log = ChangeLog.open(settings(path))) {
                List<Transaction> read = readAll(log, Position.START);
                isPrefix(log, batches, read, place);
                outcomes[0]++;
            } catch (DamagedLog e) {
                assertThat(e).as(place).hasMessageContaining(file.getFileName().toString());
                assertThat(e).as(place).hasMessageContaining("offset");
                outcomes[1]++;
            }
        }
        System.out.printf("RecoveryTest: %d prefixes, %d errors%n", outcomes[0], outcomes[1]);
    }

    @Test
    void a_flipped_bit_before_the_last_record_is_never_taken_for_a_torn_tail() throws IOException {
        Path whole = folder.resolve("whole");
        List<Long> ends = new ArrayList<>();
        try (ChangeLog log = ChangeLog.open(LogSettings.at(whole))) {
            for (int i = 1; i < 6; i++) {
                log.append(orderBatch(i)).join();
                ends.add(Files.size(lastFile(whole)));
            }
        }
        // Without the record that closing writes, as after a kill.
        truncate(lastFile(whole), ends.getLast());
        for (int offset = 0; offset < ends.getLast(); offset += 5) {
            Path path = copy(whole, "flip" + offset);
            flip(lastFile(path), offset, offset / 5 % 8);
            if (offset < ends.get(3)) {
                assertThatThrownBy(() -> ChangeLog.open(LogSettings.at(path)))
                        .as("offset %d", offset)
                        .isInstanceOf(DamagedLog.class);
            } else {
                try (ChangeLog log = ChangeLog.open(LogSettings.at(path))) {
                    assertThat(log.last()).as("offset %d", offset).contains(new Position(1, 4, 2));
                }
            }
        }
    }

    @Test
    void a_hole_in_the_last_synced_group_is_torn_and_one_before_it_is_damage() throws IOException {
        Path whole = folder.resolve("whole");
        try (ChangeLog log = ChangeLog.open(LogSettings.at(whole))) {
            List<CompletableFuture<Void>> appends = new ArrayList<>();
            for (int i = 1; i <= 3000; i++) {
                appends.add(log.append(orderBatch(i)));
            }
            appends.forEach(CompletableFuture::join);
        }
        List<Integer> offsets = new ArrayList<>();
        List<Integer> groups = new ArrayList<>();
        try (Window window = Window.of(lastFile(whole))) {
            int offset = 0;
            for (Frame frame = window.frame(0); frame != null; frame = window.frame(offset)) {
                offsets.add(offset);
                groups.add(frame.durableBefore());
                offset += (int) frame.length();
            }
        }
        // Cut behind a group of several records: that is the one which a loss of power may have torn.
        int first = offsets.size();
        do {
            truncate(lastFile(whole), offsets.get(--first));
        } while (!groups.get(first - 1).equals(groups.get(first - 2)));
        first = groups.indexOf(groups.get(first - 1));

        Path torn = copy(whole, "torn");
        flip(lastFile(torn), offsets.get(first) + 40, 1);
        try (ChangeLog log = ChangeLog.open(LogSettings.at(torn))) {
            assertThat(readAll(log, Position.START)).hasSize(first - 1);
        }

        Path damaged = copy(whole, "damaged");
        flip(lastFile(damaged), offsets.get(first - 1) + 40, 1);
        assertThatThrownBy(() -> ChangeLog.open(LogSettings.at(damaged)))
                .isInstanceOf(DamagedLog.class)
                .hasMessageContaining("damaged at offset " + offsets.get(first - 1));
    }

    @Test
    void an_ephemeral_log_is_cut_at_the_first_record_that_the_system_lost() throws IOException {
        LogSettings durable = LogSettings.at(folder.resolve("whole"));
        LogSettings settings = new LogSettings(
                durable.path(),
                LogSettings.Durability.EPHEMERAL,
                durable.segmentSize(),
                durable.retentionAge(),
                durable.retentionSize(),
                durable.budget(),
                durable.overBudget());
        long end = 0;
        try (ChangeLog log = ChangeLog.open(settings)) {
            for (int i = 1; i < 6; i++) {
                log.append(orderBatch(i)).join();
                end = i == 2 ? Files.size(lastFile(settings.path())) : end;
            }
        }
        flip(lastFile(settings.path()), end + 50, 1);
        try (ChangeLog log = ChangeLog.open(settings)) {
            assertThat(log.last()).contains(new Position(1, 2, 2));
            log.append(orderBatch(3)).join();
            assertThat(readAll(log, Position.START)).hasSize(3);
        }
    }

    @Test
    void a_damaged_or_missing_index_is_made_again() throws IOException {
        List<Batch> batches = Batches.random(new Random(7), 60);
        Path whole = written(batches);
        List<Path> indexes = files(whole).stream()
                .filter(file -> file.toString().endsWith(".index"))
                .toList();
        assertThat(indexes).hasSizeGreaterThan(1);
        flip(indexes.getFirst(), 10, 3);
        Files.delete(indexes.getLast());
        try (ChangeLog log = ChangeLog.open(settings(whole))) {
            assertThat(readAll(log, Position.START)).isEqualTo(Batches.transactions(batches));
        }
        assertThat(indexes).allMatch(Files::exists);
    }

    @Test
    void a_missing_segment_stops_the_start_and_is_named() throws IOException {
        Path whole = written(Batches.random(new Random(7), 60));
        Path second = whole.resolve("0000000002.log");
        Files.delete(second);
        assertThatThrownBy(() -> ChangeLog.open(settings(whole)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(second.toString() + " is missing");
    }

    @Test
    void damage_in_a_full_segment_is_met_by_its_reader_and_by_nobody_else() throws IOException {
        Path whole = folder.resolve("whole");
        try (ChangeLog log = ChangeLog.open(settings(whole))) {
            for (int i = 1; i < 60; i++) {
                log.append(orderBatch(i)).join();
            }
        }
        flip(whole.resolve("0000000001.log"), 4000, 1);
        try (ChangeLog log = ChangeLog.open(settings(whole))) {
            assertThatThrownBy(() -> readAll(log, Position.START))
                    .isInstanceOf(DamagedLog.class)
                    .hasMessageContaining("0000000001.log is damaged at offset ");
            assertThat(readAll(log, new Position(1, 50, 2))).hasSize(9);
        }
    }

    private Path written(List<Batch> batches) throws IOException {
        Path path = folder.resolve("whole");
        try (ChangeLog log = ChangeLog.open(settings(path))) {
            batches.forEach(batch -> log.append(batch).join());
        }
        return path;
    }

    /** What was read is what the first batches hold, and the log's end says the same. */
    private static void isPrefix(ChangeLog log, List<Batch> batches, List<Transaction> read, String place) {
        List<Transaction> all = Batches.transactions(batches);
        assertThat(read).as(place).isEqualTo(all.subList(0, read.size()));
        assertThat(log.last())
                .as(place)
                .isEqualTo(
                        read.isEmpty()
                                ? Optional.empty()
                                : Optional.of(read.getLast().last()));
        log.resumeToken().ifPresent(token -> {
            List<ResumeToken> tokens = batches.stream().map(Batch::resume).toList();
            int at = tokens.indexOf(token);
            assertThat(at).as(place).isNotNegative();
            assertThat(read).as(place).isEqualTo(Batches.transactions(batches.subList(0, at + 1)));
        });
    }

    private static Batch following(ChangeLog log, ResumeToken token) {
        int epoch = log.last().map(last -> last.epoch() + 1).orElse(1);
        Transaction template = Batches.orders(1, 1);
        return new Batch(
                List.of(new Transaction(
                        "more",
                        Transaction.Kind.COMMIT,
                        Batches.TIME,
                        List.of(new io.deltastreams.change.Change.Truncate(
                                new Position(epoch, 1, 0),
                                template.changes().getFirst().schema())),
                        true)),
                token);
    }

    private static List<Path> files(Path path) throws IOException {
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> !file.endsWith("lock")).sorted().toList();
        }
    }

    private static Path lastFile(Path path) throws IOException {
        return files(path).stream()
                .filter(file -> file.toString().endsWith(".log"))
                .toList()
                .getLast();
    }

    private Path copy(Path from, String name) throws IOException {
        Path to = Files.createDirectory(folder.resolve(name));
        for (Path file : files(from)) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
        return to;
    }

    private static void truncate(Path file, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }

    private static void flip(Path file, long offset, int bit) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, offset);
            one.put(0, (byte) (one.get(0) ^ 1 << bit)).rewind();
            channel.write(one, offset);
        }
    }
}
