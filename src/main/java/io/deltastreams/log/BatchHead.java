package io.deltastreams.log;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Fields;
import io.deltastreams.change.Position;
import io.deltastreams.change.ResumeToken;
import io.deltastreams.change.Schema;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reader has to know of a batch to leave it out.
 *
 * @param content null if the batch holds no transactions and only moves the token
 * @param definitions schemas that get the next numbers of the segment's dictionary
 */
record BatchHead(ResumeToken token, @Nullable Content content, List<Schema> definitions) {

    private static final int CONTENT = 1;
    private static final int GOES_ON = 2;

    /**
     * @param whole whether the last transaction ends here
     * @param schemas the numbers of those that occur
     */
    record Content(Position first, Position last, boolean whole, Instant newest, List<Integer> schemas) {
        Content {
            schemas = List.copyOf(schemas);
        }
    }

    void encode(BinaryWriter out) {
        Content known = content;
        if (known == null) {
            out.u8(0);
        } else {
            out.u8(known.whole ? CONTENT : CONTENT | GOES_ON);
            Fields.position(known.first, out);
            Fields.position(known.last, out);
            Fields.instant(known.newest, out);
            out.varint(known.schemas.size());
            known.schemas.forEach(out::varint);
        }
        out.text(token.text());
        Fields.schemas(definitions, out);
    }

    /** The part that readers need. */
    static @Nullable Content content(BinaryReader in) {
        int flags = in.u8();
        if (flags == 0) {
            return null;
        }
        boolean whole = (flags & GOES_ON) == 0;
        Position first = Fields.position(in);
        Position last = Fields.position(in);
        Instant newest = Fields.instant(in);
        int count = in.count();
        List<Integer> schemas = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            schemas.add(in.varint());
        }
        return new Content(first, last, whole, newest, schemas);
    }

    static BatchHead decode(BinaryReader in) {
        Content content = content(in);
        return new BatchHead(new ResumeToken(in.text()), content, Fields.schemas(in));
    }
}
