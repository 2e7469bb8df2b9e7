package io.deltastreams.pipeline;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.codec.Codec;
import io.deltastreams.stream.Rejections;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What streams and outputs could not handle and were told to go on without: one file of JSON lines per stream, {@code
 * <log path>/../dead-letters/<stream>.jsonl}, each line with position, place, reason and the change (Invariant 7). A change that is met again
 * after a restart is written once.
 */
final class DeadLetters implements Rejections {

    private static final Pattern WRITTEN = Pattern.compile("^\\{\"at\":\"([^\"]+)\",\"position\":\"([^\"]+)\"");

    private final Path folder;
    private final Codec codec;
    private final Map<StreamId, Set<String>> written = new HashMap<>();

    DeadLetters(Path folder, Codec codec) {
        this.folder = folder;
        this.codec = codec;
    }

    @Override
    public void rejected(StreamId stream, Change change, String reason) {
        TableId table = (TableId) change.schema().relation();
        Delta asDelta = new Delta(change, table, "", Instant.EPOCH, false, false);
        write(stream, "stream", change.position(), reason, asDelta);
    }

    /** Keeps what an output refused. */
    void refused(StreamId stream, String output, Delta delta, String reason) {
        write(stream, output, delta.position(), reason, delta);
    }

    private synchronized void write(StreamId stream, String at, Position position, String reason, Delta delta) {
        Path file = folder.resolve(stream.text() + ".jsonl");
        try {
            Files.createDirectories(folder);
            if (!written.computeIfAbsent(stream, _ -> known(file)).add(at + position)) {
                return;
            }
            String line = "{\"at\":\"%s\",\"position\":\"%s\",\"reason\":\"%s\",\"change\":%s}%n"
                    .formatted(at, position, escaped(reason), new String(codec.value(delta), StandardCharsets.UTF_8));
            Files.writeString(
                    file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.SYNC);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep a dead letter in " + file, e);
        }
    }

    private static Set<String> known(Path file) {
        Set<String> known = new HashSet<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.map(WRITTEN::matcher)
                    .filter(Matcher::find)
                    .forEach(matcher -> known.add(matcher.group(1) + matcher.group(2)));
        } catch (NoSuchFileException _) {
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return known;
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\")
                .replace("\"", "\\\"")
                .replace("\n", "\\n")
                .replaceAll("\\p{Cntrl}", " ");
    }
}
