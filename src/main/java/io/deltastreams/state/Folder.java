package io.deltastreams.state;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Position;
import io.deltastreams.log.ChangeLog;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state's folder: the store in it, and what that says of itself. Beside the rows it has, each under the byte 0 and its name: {@code position},
 * which is the position's text, the newest commit's second and nanosecond, and 1 if it is between two transactions; {@code tables} in the form of
 * {@link Tables}; and {@code log}, what the log's folder has in {@code state.id}.
 */
final class Folder {

    private static final System.Logger LOG = System.getLogger(Folder.class.getName());

    private static final byte[] POSITION = Keys.meta("position");
    private static final byte[] TABLES = Keys.meta("tables");
    private static final byte[] LOG_ID = Keys.meta("log");
    private static final String ID_FILE = "state.id";

    private final StateSettings settings;
    private final ChangeLog log;

    Folder(StateSettings settings, ChangeLog log) {
        this.settings = settings;
        this.log = log;
    }

    /** What the store says of itself. */
    record Stored(Position position, Instant committedAt, boolean between, Tables tables) {

        private static Stored nothing() {
            return new Stored(Position.START, Instant.EPOCH, true, new Tables());
        }
    }

    record Opened(Store store, Stored stored) {}

    /** Opens the store; an empty one where what is there does not belong to the log. */
    Opened open() throws IOException {
        Store opened = opened();
        try {
            Optional<Stored> ours = ours(opened);
            if (ours.isEmpty() && opened.get(LOG_ID).isPresent()) {
                opened.close();
                remove(settings.path());
                opened = new Store(settings.path(), settings.memory());
            }
            try (Store.Write write = opened.new Write()) {
                write.put(LOG_ID, logId());
                write.commit();
            }
            return new Opened(opened, ours.orElseGet(Stored::nothing));
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    static void put(Store.Write write, Position position, Instant committed, boolean between) throws IOException {
        BinaryWriter out = new BinaryWriter(64);
        out.text(position.toString());
        out.zigzag(committed.getEpochSecond());
        out.varint(committed.getNano());
        out.u8(between ? 1 : 0);
        write.put(POSITION, out.toByteArray());
    }

    static void put(Store.Write write, Tables tables) throws IOException {
        write.put(TABLES, tables.encode());
    }

    private Store opened() throws IOException {
        try {
            return new Store(settings.path(), settings.memory());
        } catch (Store.Damaged e) {
            LOG.log(Level.WARNING, "state: {0} is made anew: {1}", settings.path(), e.getMessage());
            remove(settings.path());
            return new Store(settings.path(), settings.memory());
        }
    }

    /** What is stored; empty where it is nothing, of another log, ahead of the log, or of another form. */
    private Optional<Stored> ours(Store opened) throws IOException {
        Optional<byte[]> id = opened.get(LOG_ID);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        String trouble;
        try {
            Tables tables = opened.get(TABLES).map(Tables::decode).orElseGet(Tables::new);
            Stored stored =
                    opened.get(POSITION).map(place -> decoded(place, tables)).orElseGet(Stored::nothing);
            if (!Arrays.equals(id.get(), logId())) {
                trouble = "it is another log's";
            } else if (stored.position().isAfter(log.last().orElse(Position.START))) {
                trouble = "it is ahead of the log";
            } else {
                return Optional.of(stored);
            }
        } catch (IllegalArgumentException e) {
            trouble = String.valueOf(e.getMessage());
        }
        LOG.log(Level.WARNING, "state: {0} is made anew: {1}", settings.path(), trouble);
        return Optional.empty();
    }

    /** What tells this log from one that was begun anew in the same folder. */
    private byte[] logId() throws IOException {
        Path file = settings.log().resolve(ID_FILE);
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException _) {
            byte[] id = Keys.ascii(UUID.randomUUID().toString());
            Files.write(file, id, StandardOpenOption.CREATE_NEW);
            return id;
        }
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static Stored decoded(byte[] place, Tables tables) {
        BinaryReader in = new BinaryReader(place);
        return new Stored(
                Position.parse(in.text()), Instant.ofEpochSecond(in.zigzag64(), in.varint()), in.u8() == 1, tables);
    }
}
