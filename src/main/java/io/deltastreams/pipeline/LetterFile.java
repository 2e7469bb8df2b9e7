package io.deltastreams.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.sink.DeadLetter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One stream's dead letters as JSON lines, {@code {"at":…,"position":…,"reason":…,"change":…}}, each on disk before it counts; a letter that was
 * replayed is told by a line {@code {"at":…,"position":…,"replayed":true}} behind it. Thread-safe.
 */
final class LetterFile {

    private static final Pattern HEAD = Pattern.compile("^\\{\"at\":\"([^\"]+)\",\"position\":\"([^\"]+)\",");
    private static final Pattern LETTER = Pattern.compile(
            "^\\{\"at\":\"([^\"]+)\",\"position\":\"([^\"]+)\",\"reason\":\"((?:[^\"\\\\]|\\\\.)*)\",\"change\":(.*)}$");
    private static final String REPLAYED = ",\"replayed\":true}";

    private final StreamId stream;
    private final Path file;

    /** What is in the file, in its order, and what of it was replayed; read once. */
    private final Map<Name, Boolean> known = new HashMap<>();

    private boolean read;

    /** What tells a letter from the stream's others. */
    record Name(String at, Position position) {}

    LetterFile(StreamId stream, Path file) {
        this.stream = stream;
        this.file = file;
    }

    /** Adds a letter, unless it is there and waits. Gives whether it is new. */
    synchronized boolean add(DeadLetter letter) {
        readOnce();
        Name name = new Name(letter.at(), letter.position());
        if (known.getOrDefault(name, false)) {
            return false;
        }
        append("{\"at\":\"%s\",\"position\":\"%s\",\"reason\":\"%s\",\"change\":%s}%n"
                .formatted(letter.at(), letter.position(), escaped(letter.reason()), letter.change()));
        known.put(name, true);
        return true;
    }

    /** A letter has been handled after all. */
    synchronized void replayed(Name name) {
        readOnce();
        append("{\"at\":\"%s\",\"position\":\"%s\"%s%n".formatted(name.at(), name.position(), REPLAYED));
        known.put(name, false);
    }

    /** How many wait. */
    synchronized int waiting() {
        readOnce();
        return (int) known.values().stream().filter(waits -> waits).count();
    }

    /** Those that wait, by position. */
    synchronized List<Name> names() {
        readOnce();
        return known.entrySet().stream()
                .filter(Map.Entry::getValue)
                .map(Map.Entry::getKey)
                .sorted((a, b) -> a.position().compareTo(b.position()))
                .toList();
    }

    /** The lines of those that wait, in the file's order. */
    List<String> lines(int most) {
        Set<Name> waiting = new HashSet<>(names());
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> !line.endsWith(REPLAYED))
                    .filter(line -> name(line).filter(waiting::remove).isPresent())
                    .limit(most)
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The letters behind the first so many lines, and how many lines there are then. */
    synchronized Lines behind(int count) {
        readOnce();
        List<DeadLetter> letters = new ArrayList<>();
        int[] number = {0};
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> {
                if (number[0]++ >= count) {
                    letter(line).ifPresent(letters::add);
                }
            });
        } catch (NoSuchFileException _) {
            return new Lines(letters, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Lines(letters, number[0]);
    }

    /** Letters, and how many lines of the file were read for them. */
    record Lines(List<DeadLetter> letters, int count) {
        Lines {
            letters = List.copyOf(letters);
        }
    }

    private void append(String line) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(
                    file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.SYNC);
        } catch (IOException e) {
            // A part of it may be there.
            read = false;
            throw new UncheckedIOException("cannot keep a dead letter in " + file + ": " + e.getMessage(), e);
        }
    }

    private void readOnce() {
        if (read) {
            return;
        }
        known.clear();
        try {
            cutTornLine();
            try (Stream<String> lines = Files.lines(file)) {
                lines.forEach(line -> name(line).ifPresent(name -> known.put(name, !line.endsWith(REPLAYED))));
            }
        } catch (NoSuchFileException _) {
            // None yet.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        read = true;
    }

    /** What a crash or a full disk left of a line never counted: its letter is kept again. */
    private void cutTornLine() throws IOException {
        long end;
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            end = channel.size();
            while (end > 0 && channel.read(last.clear(), end - 1) == 1 && last.get(0) != '\n') {
                end--;
            }
            if (end == channel.size()) {
                return;
            }
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(end);
        }
    }

    private static Optional<Name> name(String line) {
        Matcher matcher = HEAD.matcher(line);
        return matcher.find()
                ? Optional.of(new Name(matcher.group(1), Position.parse(matcher.group(2))))
                : Optional.empty();
    }

    private Optional<DeadLetter> letter(String line) {
        Matcher matcher = LETTER.matcher(line);
        return matcher.find()
                ? Optional.of(new DeadLetter(
                        stream,
                        matcher.group(1),
                        Position.parse(matcher.group(2)),
                        matcher.group(3).replaceAll("\\\\(.)", "$1"),
                        matcher.group(4)))
                : Optional.empty();
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replaceAll("\\p{Cntrl}", " ");
    }

    /** How far letters were sent on is kept in a file beside this one. */
    synchronized int sent() {
        try {
            return Integer.parseInt(Files.readString(mark()).strip());
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized void sent(int count) {
        try {
            Files.write(mark(), Integer.toString(count).getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path mark() {
        return file.resolveSibling(file.getFileName() + ".sent");
    }
}
