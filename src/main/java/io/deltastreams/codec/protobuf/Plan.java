package io.deltastreams.codec.protobuf;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import io.deltastreams.change.Bytes;
import io.deltastreams.change.Schema;
import io.deltastreams.change.Type;
import io.deltastreams.codec.protobuf.ProtoFile.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * All that writing the keys or the values of a schema takes.
 *
 * @param id the registry's, of the schema in front
 * @param stream the field of a value that tells it
 * @param cells in the order of their fields' numbers
 */
record Plan(int id, Bytes stream, List<Cell> cells) {

    /**
     * A column.
     *
     * @param index its place in the schema
     * @param tag of its field
     * @param unchanged the field of a value that tells that an update did not send it
     * @param unknown the field of a value that tells that nobody knows what it was
     */
    record Cell(int index, String column, Type type, int tag, ValueWriter writer, Bytes unchanged, Bytes unknown) {}

    static Plan of(int id, Schema schema, Layout layout, ProtoFile file) {
        Writers writers = new Writers(file, layout.isKey());
        Map<String, Member> members = file.columns().members();
        List<Cell> cells = IntStream.range(0, layout.fields().size())
                .mapToObj(i -> {
                    String field = layout.fields().get(i);
                    Form form = layout.forms().get(i);
                    int index = layout.columns().get(i);
                    return new Cell(
                            index,
                            schema.columns().get(index).name(),
                            schema.columns().get(index).type(),
                            Writers.tag(
                                    Objects.requireNonNull(members.get(field)).number(), form),
                            writers.of(form),
                            field(Envelope.UNCHANGED, field),
                            field(Envelope.UNKNOWN, field));
                })
                .sorted(Comparator.comparingInt(cell -> cell.tag() >>> 3))
                .toList();
        return new Plan(id, field(Envelope.STREAM, schema.relation().text()), cells);
    }

    private static Bytes field(int number, String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        byte[] field = new byte[CodedOutputStream.computeByteArraySize(number, utf8)];
        try {
            CodedOutputStream.newInstance(field).writeByteArray(number, utf8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Bytes(field);
    }
}
