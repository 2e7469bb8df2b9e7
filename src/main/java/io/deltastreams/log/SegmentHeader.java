package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Fields;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A segment's first record: all that a log needs to know of the segments before, so that they may go.
 *
 * @param number counts the segments of a log from 1
 * @param previous the last position before this segment
 * @param token the last one before this segment
 * @param schemas the latest of every table
 */
record SegmentHeader(long number, Instant begun, Position previous, Optional<ResumeToken> token, List<Schema> schemas) {

    static final int VERSION = 1;

    SegmentHeader {
        schemas = List.copyOf(schemas);
    }

    BinaryWriter encode() {
        BinaryWriter out = new BinaryWriter(4096);
        Frame.open(out);
        out.varint(VERSION);
        out.varlong(number);
        Fields.instant(begun, out);
        Fields.position(previous, out);
        Fields.token(token, out);
        Fields.schemas(schemas, out);
        Frame.close(out, Frame.SEGMENT, out.size());
        return out;
    }

    /** @throws IllegalArgumentException if the bytes are no header of this version */
    static SegmentHeader decode(BinaryReader in) {
        int version = in.varint();
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "its format is version %d, and this program reads version %d".formatted(version, VERSION));
        }
        return new SegmentHeader(
                in.varlong(), Fields.instant(in), Fields.position(in), Fields.token(in), Fields.schemas(in));
    }
}
