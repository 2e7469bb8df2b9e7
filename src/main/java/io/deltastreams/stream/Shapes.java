package io.deltastreams.stream;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Schema;
import io.deltastreams.change.SchemaCodec;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.transform.Evolution.Policy;
import io.deltastreams.transform.Evolution.Verdict;
import io.deltastreams.transform.Stage;
import io.deltastreams.transform.StreamProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What a stream's policy decided about each shape of its tables, once and for all: so every reader, whenever it comes by and however often the
 * service has been started since, gets the same. Thread-safe.
 *
 * <p>Kept in a file of a line for each: the number of the name under which it goes out, the version in whose shape, and the shape itself ({@link
 * SchemaCodec}, in Base64). The first shape that is met passes; so does what was there before it, and a shape that came of another declaration
 * rather than of the table, unless {@code compatibility} speaks against it. What halts the stream is not kept: it is judged again after the
 * next start, maybe by another policy.
 */
public final class Shapes {

    private final StreamProgram program;
    private final Path file;
    private final Map<TableId, NavigableMap<Integer, Shape>> known = new HashMap<>();
    private boolean read;

    /**
     * @param generation which name it goes out under, from 1
     * @param as the version in whose shape its rows go out, its own mostly
     */
    private record Shape(int generation, int as, Schema schema) {

        boolean isOf(Schema other) {
            return schema.columns().equals(other.columns()) && schema.key().equals(other.key());
        }

        boolean goesOutAsItIs() {
            return as == schema.version();
        }
    }

    /** @param file is made with the first shape, and so is its folder */
    public Shapes(StreamProgram program, Path file) {
        this.program = program;
        this.file = file;
    }

    StreamProgram program() {
        return program;
    }

    /** The stage over a table's shape as the policy wants its rows to go out. */
    synchronized Stage decided(TableId table, Stage stage) {
        readOnce();
        NavigableMap<Integer, Shape> shapes = known.computeIfAbsent(table, _ -> new TreeMap<>());
        Schema output = stage.output();
        Map.Entry<Integer, Shape> last = shapes.floorEntry(output.version());
        if (last == null) {
            // The first one, or history from before that.
            int generation =
                    shapes.isEmpty() ? 1 : shapes.firstEntry().getValue().generation();
            Shape shape = new Shape(generation, output.version(), output);
            if (shapes.isEmpty()) {
                keep(table, shape);
            }
            return outgoing(shapes, shape, stage);
        }
        Shape before = last.getValue();
        if (before.isOf(output)) {
            if (before.schema().version() == output.version()) {
                return outgoing(shapes, before, stage);
            }
            int as = before.goesOutAsItIs() ? output.version() : before.as();
            return kept(table, new Shape(before.generation(), as, output), stage);
        }
        boolean declared = before.schema().version() == output.version();
        return judged(table, before, stage, declared && program.evolution().policy() != Policy.EVOLVE);
    }

    private Stage judged(TableId table, Shape before, Stage stage, boolean passes) {
        Schema output = stage.output();
        NavigableMap<Integer, Shape> shapes = known.getOrDefault(table, new TreeMap<>());
        List<Schema> earlier = shapes.headMap(before.schema().version(), true).values().stream()
                .filter(shape -> shape.generation() == before.generation() && shape.goesOutAsItIs())
                .map(Shape::schema)
                .toList();
        Verdict verdict = passes || earlier.isEmpty()
                ? new Verdict.Passes()
                : program.evolution().judge(earlier, output);
        return switch (verdict) {
            case Verdict.Passes _ -> kept(table, new Shape(before.generation(), output.version(), output), stage);
            case Verdict.Reduced _ -> kept(table, new Shape(before.generation(), before.as(), output), stage);
            case Verdict.Renamed _ -> {
                int generation = shapes.values().stream()
                        .mapToInt(Shape::generation)
                        .max()
                        .orElse(0);
                yield kept(table, new Shape(generation + 1, output.version(), output), stage);
            }
            case Verdict.Halts(String reason) ->
                stage.halted("%s: %s; declare another evolution for the stream, or mend the table"
                        .formatted(table.text(), reason));
        };
    }

    private Stage kept(TableId table, Shape shape, Stage stage) {
        keep(table, shape);
        return outgoing(known.getOrDefault(table, new TreeMap<>()), shape, stage);
    }

    private Stage outgoing(NavigableMap<Integer, Shape> shapes, Shape shape, Stage stage) {
        if (shape.generation() == 1 && shape.goesOutAsItIs()) {
            return stage;
        }
        Schema base = shape.goesOutAsItIs()
                ? shape.schema()
                : shapes.getOrDefault(shape.as(), shape).schema();
        return stage.as(new Schema(name(shape.generation()), base.version(), base.columns(), base.key()));
    }

    private StreamId name(int generation) {
        return generation == 1 ? program.id() : new StreamId(program.id().text() + ".v" + generation);
    }

    private void keep(TableId table, Shape shape) {
        Schema schema = shape.schema();
        BinaryWriter out = new BinaryWriter(256);
        SchemaCodec.encode(new Schema(table, schema.version(), schema.columns(), schema.key()), out);
        String line = "%d %d %s%n"
                .formatted(
                        shape.generation(),
                        shape.as(),
                        Base64.getEncoder().withoutPadding().encodeToString(out.toByteArray()));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(
                    file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.SYNC);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep the shape of a stream in " + file, e);
        }
        add(table, shape);
    }

    private void add(TableId table, Shape shape) {
        known.computeIfAbsent(table, _ -> new TreeMap<>()).put(shape.schema().version(), shape);
    }

    private void readOnce() {
        if (read) {
            return;
        }
        try {
            String text = Files.readString(file);
            int end = text.lastIndexOf('\n') + 1;
            text.substring(0, end).lines().forEach(this::read);
            if (end < text.length()) {
                // A crash cut the last line; what it would have said is decided again.
                Files.writeString(file, text.substring(0, end), StandardOpenOption.TRUNCATE_EXISTING);
            }
        } catch (NoSuchFileException _) {
            // Nothing has been met yet.
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the shapes of a stream from " + file, e);
        }
        read = true;
    }

    private void read(String line) {
        try {
            String[] words = line.split(" ", 3);
            byte[] bytes = Base64.getDecoder().decode(words[2].getBytes(UTF_8));
            Schema schema = SchemaCodec.decode(new BinaryReader(bytes));
            add((TableId) schema.relation(), new Shape(Integer.parseInt(words[0]), Integer.parseInt(words[1]), schema));
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "%s holds no shape in the line '%s': remove the file to begin with the shapes as they are now"
                            .formatted(file, line),
                    e);
        }
    }
}
