package io.deltastreams.transform;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowCodec;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.settings.InvalidSettings;
import io.deltastreams.settings.Settings;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A table of orders, and shortcuts to declare streams over it. */
final class Samples {

    static final StreamId STREAM = new StreamId("paid");
    static final Position AT = new Position(1, 10, 0);
    static final Type MOOD = new Type.Enumeration("mood", List.of("sad", "ok", "happy"));
    static final Schema ORDERS = new Schema(
            TableId.parse("public.orders"),
            3,
            List.of(
                    new Column("id", Type.Simple.INT64, false),
                    new Column("status", Type.Simple.TEXT, true),
                    new Column("amount", new Type.Numeric(12, 2), true),
                    new Column("note", Type.Simple.TEXT, true),
                    new Column("mood", MOOD, true),
                    new Column("doc", Type.Simple.JSON, true)),
            List.of(0));

    private Samples() {}

    static Settings section(String yaml) {
        StringBuilder file = new StringBuilder("streams:\n  paid:\n");
        yaml.lines().forEach(line -> file.append("    ").append(line).append('\n'));
        return Settings.parse("pipeline.yaml", file.toString(), name -> name.equals("KEY") ? "secret" : null)
                .section("streams")
                .section("paid");
    }

    static StreamProgram program(String yaml) {
        Settings section = section(yaml);
        StreamProgram program = StreamProgram.read(STREAM, section);
        section.check();
        return program;
    }

    static Stage stage(String yaml) throws InvalidStream {
        return program(yaml).compile(ORDERS);
    }

    static Stage where(String condition) throws InvalidStream {
        return Narrowing.parse(STREAM, Optional.of(condition), Optional.empty()).compile(ORDERS);
    }

    static Stage select(Schema schema, String selection) throws InvalidStream {
        return Narrowing.parse(STREAM, Optional.empty(), Optional.of(selection)).compile(schema);
    }

    static Row order(@Nullable Object... values) {
        return Row.of(values);
    }

    /** The order in its binary form, as the log gives it. */
    static Row encoded(Row order) {
        BinaryWriter out = new BinaryWriter(0);
        RowCodec.encode(order, ORDERS, out);
        return RowCodec.decode(new BinaryReader(out.toByteArray()), ORDERS);
    }

    static Change insert(Row after) {
        return new Change.Insert(AT, ORDERS, after);
    }

    static Change update(@Nullable Row before, Row after) {
        return new Change.Update(AT, ORDERS, before, after);
    }

    static Change delete(Row before) {
        return new Change.Delete(AT, ORDERS, before);
    }

    /** What is wrong with a section, one problem per line. */
    static String problems(String yaml) {
        Settings section = section(yaml);
        StreamProgram.read(STREAM, section);
        try {
            section.check();
            return "";
        } catch (InvalidSettings e) {
            return String.join("\n", e.problems().stream().map(Object::toString).toList());
        }
    }
}
