package io.deltastreams.codec.registry;

import io.deltastreams.codec.SchemaRegistry.Language;
import io.deltastreams.codec.SchemasAway;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a file registry; a file whose name is none of a schema is left alone. */
final class Folder {

    /** Of one schema (Invariant 8). */
    private static final int MOST_BYTES = 16 << 20;

    private static final Pattern NAME = Pattern.compile("(\\d{1,9})-(\\d{1,10})\\.(avsc|proto|json)");

    private static final String PLAIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-.";

    private final Path path;

    Folder(Path path) {
        this.path = path.toAbsolutePath();
    }

    record Entry(Path file, int version, int id, Language language) {}

    /** The subject's schemas, the oldest first. */
    List<Entry> versions(String subject) throws IOException {
        return entries(path.resolve(nameOf(subject)), _ -> true).stream()
                .sorted(Comparator.comparingInt(Entry::version).thenComparingInt(Entry::id))
                .toList();
    }

    /** Whatever subjects have under this id. */
    List<Entry> withId(int id) throws IOException {
        List<Entry> found = new ArrayList<>();
        for (Path subject : listed(path)) {
            if (Files.isDirectory(subject)) {
                found.addAll(entries(subject, entry -> entry.id() == id));
            }
        }
        return found;
    }

    private static List<Entry> entries(Path subject, Predicate<Entry> which) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path file : listed(subject)) {
            Matcher name = NAME.matcher(file.getFileName().toString());
            if (name.matches() && Long.parseLong(name.group(2)) <= Integer.MAX_VALUE) {
                Entry entry = new Entry(
                        file,
                        Integer.parseInt(name.group(1)),
                        Integer.parseInt(name.group(2)),
                        languageOf(name.group(3)));
                if (which.test(entry)) {
                    entries.add(entry);
                }
            }
        }
        return entries;
    }

    /** What is in a folder; nothing where it is not there yet. */
    private static List<Path> listed(Path folder) throws IOException {
        List<Path> paths = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(paths::add);
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return paths;
    }

    String read(Entry entry) throws IOException {
        try (InputStream file = Files.newInputStream(entry.file())) {
            byte[] bytes = file.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException("%s has more than %d bytes".formatted(entry.file(), MOST_BYTES));
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Whole or not at all, and on the disk when it returns: the id goes into records that stay. */
    void write(String subject, int version, int id, Language language, String schema) throws IOException {
        Path parent = path.resolve(nameOf(subject));
        make(parent);
        Path file = parent.resolve("%d-%d.%s".formatted(version, id, extension(language)));
        Path draft = parent.resolve(".%s.%s".formatted(file.getFileName(), UUID.randomUUID()));
        try {
            try (FileChannel channel =
                    FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(schema.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            // Where another process has written the same name meanwhile, it has written the same schema.
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            sync(parent);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** With those above it, each on the disk. */
    private static void make(Path folder) throws IOException {
        Path above = folder.getParent();
        if (above != null && !Files.isDirectory(folder)) {
            make(above);
            Files.createDirectories(folder);
            sync(above);
        }
    }

    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** A person can mend a folder while records wait for it. */
    SchemasAway away(IOException why) {
        String hint = why instanceof NotDirectoryException || Files.isRegularFile(path)
                ? "registry must name a folder, or one that can be made"
                : "let this process read and write there";
        return new SchemasAway(
                "schema folder %s: %s: %s; %s".formatted(path, why.getClass().getSimpleName(), why.getMessage(), hint));
    }

    /** The subject as a file's name: all but ASCII letters, digits, '_', '-' and a '.' that is not the first as %XX of its UTF-8. */
    static String nameOf(String subject) {
        if (subject.isEmpty()) {
            throw new IllegalArgumentException("a subject must have a name");
        }
        StringBuilder name = new StringBuilder();
        for (byte b : subject.getBytes(StandardCharsets.UTF_8)) {
            boolean isPlain = PLAIN.indexOf(b) >= 0 && (b != '.' || !name.isEmpty());
            if (isPlain) {
                name.append((char) b);
            } else {
                name.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return name.toString();
    }

    private static String extension(Language language) {
        return switch (language) {
            case AVRO -> "avsc";
            case PROTOBUF -> "proto";
            case JSON -> "json";
        };
    }

    private static Language languageOf(String extension) {
        return switch (extension) {
            case "avsc" -> Language.AVRO;
            case "proto" -> Language.PROTOBUF;
            default -> Language.JSON;
        };
    }
}
