package io.deltastreams.change;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The binary forms that several records share, in the terms of {@link BinaryWriter}. */
public final class Fields {

    private Fields() {}

    public static void position(Position position, BinaryWriter out) {
        out.varint(position.epoch());
        out.varlong(position.commit());
        out.varint(position.index());
    }

    public static Position position(BinaryReader in) {
        return new Position(in.varint(), in.varlong(), in.varint());
    }

    public static void instant(Instant instant, BinaryWriter out) {
        out.zigzag(instant.getEpochSecond());
        out.varint(instant.getNano());
    }

    public static Instant instant(BinaryReader in) {
        return Instant.ofEpochSecond(in.zigzag64(), in.varint());
    }

    public static void token(Optional<ResumeToken> token, BinaryWriter out) {
        out.u8(token.isPresent() ? 1 : 0);
        token.ifPresent(present -> out.text(present.text()));
    }

    public static Optional<ResumeToken> token(BinaryReader in) {
        return in.u8() == 0 ? Optional.empty() : Optional.of(new ResumeToken(in.text()));
    }

    public static void schemas(List<Schema> schemas, BinaryWriter out) {
        out.varint(schemas.size());
        schemas.forEach(schema -> SchemaCodec.encode(schema, out));
    }

    public static List<Schema> schemas(BinaryReader in) {
        int count = in.count();
        List<Schema> schemas = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            schemas.add(SchemaCodec.decode(in));
        }
        return schemas;
    }
}
