package io.deltastreams.postgres;

import io.deltastreams.change.Bytes;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import io.deltastreams.settings.Settings;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which logical messages are captured ({@code pg_logical_emit_message}; PostgreSQL manual, "Logical Decoding Message Callback"), the key {@code
 * messages}, and what they look like: rows of a relation of their own that has only inserts. A message that belongs to no transaction is one of its
 * own, at the place behind its record; the server tells no time for it, so it has that of its reading.
 *
 * @param prefixes of those that are captured, {@code *} for all; empty for none
 */
public record LogicalMessages(List<String> prefixes) {

    /** No table has that name: the server keeps schemas that begin with {@code pg_} for itself. */
    public static final TableId RELATION = new TableId("pg_logical", "message");

    /** {@code content} where that is a text, else {@code bytes}; the other is null. */
    public static final List<Column> COLUMNS = List.of(
            new Column("prefix", Type.Simple.TEXT, false),
            new Column("transactional", Type.Simple.BOOL, false),
            new Column("content", Type.Simple.TEXT, true),
            new Column("bytes", Type.Simple.BYTES, true));

    /** As PostgreSQL's own {@code InvalidTransactionId}. */
    public static final int NO_TRANSACTION = 0;

    /** The prefix of the messages that we write ourselves, which never come. */
    public static final String OURS = "delta_streams";

    private static final String ALL = "*";

    public LogicalMessages {
        prefixes = List.copyOf(prefixes);
    }

    static LogicalMessages read(Settings settings) {
        List<String> prefixes = new ArrayList<>();
        for (Settings.Item item : settings.items("messages")) {
            if (item.text().equals(OURS)) {
                settings.problem(item, "'%s' is what our own messages begin with; name another".formatted(OURS));
            } else {
                prefixes.add(item.text());
            }
        }
        return new LogicalMessages(prefixes);
    }

    public boolean isNone() {
        return prefixes.isEmpty();
    }

    public boolean takes(String prefix) {
        return !prefix.equals(OURS) && (prefixes.contains(prefix) || prefixes.contains(ALL));
    }

    /** The message as a row of {@link #COLUMNS}. */
    public static Row row(String prefix, boolean transactional, byte[] content) {
        Optional<String> text = text(content);
        return Row.of(prefix, transactional, text.orElse(null), text.isPresent() ? null : new Bytes(content));
    }

    /** What PostgreSQL would take for a text: UTF-8 without zero bytes. */
    private static Optional<String> text(byte[] content) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
            return text.indexOf('\0') < 0 ? Optional.of(text) : Optional.empty();
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }
}
