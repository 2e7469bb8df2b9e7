package io.deltastreams.sink.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.deltastreams.change.Change;
import io.deltastreams.change.Delta;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * The headers of deltas' records. One schema's deltas mostly follow each other, and so do one transaction's: their headers are the same object. One
 * thread at a time.
 */
final class DeltaHeaders {

    private static final Header INSERT = header("ds-op", "insert");
    private static final Header UPDATE = header("ds-op", "update");
    private static final Header DELETE = header("ds-op", "delete");
    private static final Header TRUNCATE = header("ds-op", "truncate");

    private Header schema = header("ds-schema", "0");
    private int version;
    private Header transaction = header("ds-tx", "");
    private String id = "";
    private Header time = header("ds-ts", Instant.EPOCH.toString());
    private Instant committedAt = Instant.EPOCH;

    /**
     * @param part which part of its transaction it is in; 0 unless that was cut and this is not the first
     * @param more the format's own
     */
    List<Header> of(Delta delta, int part, Map<String, byte[]> more) {
        Header position = new RecordHeader("ds-position", delta.position().toAscii());
        Header operation = operation(delta.change());
        Header shape = schema(delta.schema().version());
        Header within = transaction(delta.transaction());
        Header time = time(delta.committedAt());
        if (part == 0 && more.isEmpty()) {
            return List.of(position, operation, shape, within, time);
        }
        List<Header> headers = new ArrayList<>(List.of(position, operation, shape, within, time));
        if (part > 0) {
            headers.add(header("ds-part", Integer.toString(part)));
        }
        more.forEach((name, value) -> headers.add(new RecordHeader(name, value)));
        return headers;
    }

    private static Header operation(Change change) {
        return switch (change) {
            case Change.Insert _ -> INSERT;
            case Change.Update _ -> UPDATE;
            case Change.Delete _ -> DELETE;
            case Change.Truncate _ -> TRUNCATE;
        };
    }

    private Header schema(int wanted) {
        if (version != wanted) {
            version = wanted;
            schema = header("ds-schema", Integer.toString(wanted));
        }
        return schema;
    }

    private Header transaction(String wanted) {
        if (!id.equals(wanted)) {
            id = wanted;
            transaction = new RecordHeader("ds-tx", wanted.getBytes(UTF_8));
        }
        return transaction;
    }

    private Header time(Instant wanted) {
        if (!committedAt.equals(wanted)) {
            committedAt = wanted;
            time = header("ds-ts", wanted.toString());
        }
        return time;
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(US_ASCII));
    }
}
