package io.deltastreams.source.postgres;

import io.deltastreams.change.TableId;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which tables are still to be read in chunks, and how far each has been; kept as text in the resume token. Not thread-safe.
 *
 * <p>Of each table, in order: {@code public.orders=5000:4711}, its name, how many rows have been read, and the last one's key, one value for each of
 * its columns, separated by commas, nothing before the first chunk. Names and values are encoded as in a URL. The word {@code paused} stands
 * in front where it is.
 */
final class IncrementalState {

    private static final String PAUSED = "paused";
    private static final Pattern TABLE = Pattern.compile("([^.=:,]+)\\.([^.=:,]+)=(\\d{1,18}):([^=:]*)");

    private final Map<TableId, Progress> tables = new LinkedHashMap<>();
    private boolean paused;

    /**
     * How far a table has been read.
     *
     * @param after the last key's values as text, in key order; empty before the first chunk
     */
    record Progress(TableId table, long rows, List<String> after) {
        Progress {
            after = List.copyOf(after);
        }
    }

    boolean isPaused() {
        return paused;
    }

    void pause(boolean pause) {
        paused = pause;
    }

    /** Puts the table last, to be read from its beginning. */
    void request(TableId table) {
        tables.remove(table);
        tables.put(table, new Progress(table, 0, List.of()));
    }

    void advance(TableId table, long rows, List<String> after) {
        tables.computeIfPresent(table, (_, before) -> new Progress(table, before.rows() + rows, after));
    }

    void remove(TableId table) {
        tables.remove(table);
    }

    void clear() {
        tables.clear();
    }

    boolean isEmpty() {
        return tables.isEmpty();
    }

    /** The table to read from now. */
    Optional<Progress> first() {
        return tables.values().stream().findFirst();
    }

    List<Progress> tables() {
        return List.copyOf(tables.values());
    }

    String text() {
        String text = tables.values().stream().map(IncrementalState::text).collect(Collectors.joining(" "));
        return paused ? (PAUSED + " " + text).strip() : text;
    }

    private static String text(Progress progress) {
        return "%s.%s=%d:%s"
                .formatted(
                        encoded(progress.table().schema()),
                        encoded(progress.table().name()),
                        progress.rows(),
                        progress.after().stream().map(IncrementalState::encoded).collect(Collectors.joining(",")));
    }

    /** A dot in a name must not look like the one between schema and table. */
    private static String encoded(String text) {
        // An empty value alone would look like none at all.
        return text.isEmpty()
                ? "%"
                : URLEncoder.encode(text, StandardCharsets.UTF_8).replace(".", "%2E");
    }

    private static String decoded(String text) {
        return text.equals("%") ? "" : URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    /** Empty if it is no such text. */
    static Optional<IncrementalState> parse(String text) {
        IncrementalState state = new IncrementalState();
        for (String part : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
            Matcher matcher = TABLE.matcher(part);
            if (part.equals(PAUSED)) {
                state.paused = true;
            } else if (matcher.matches()) {
                TableId table = new TableId(decoded(matcher.group(1)), decoded(matcher.group(2)));
                List<String> after = matcher.group(4).isEmpty()
                        ? List.of()
                        : Arrays.stream(matcher.group(4).split(",", -1))
                                .map(IncrementalState::decoded)
                                .toList();
                state.tables.put(table, new Progress(table, Long.parseLong(matcher.group(3)), after));
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(state);
    }
}
