package io.deltastreams.transform;

import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import org.apache.calcite.sql.parser.SqlParserPos;

/**
 * One SQL text of a declaration, which knows where its characters stand.
 *
 * @param shift how many characters were put before the text's first line to make it parse
 */
record Clause(StreamId stream, String key, Settings.Item item, int shift) {

    static Clause of(StreamId stream, String key, String text) {
        return new Clause(stream, key, new Settings.Item(text, key, 1, 1, 1, 1, false), 0);
    }

    String text() {
        return item.text();
    }

    Clause shifted(int by) {
        return new Clause(stream, key, item, by);
    }

    Place place(SqlParserPos pos) {
        return place(pos.getLineNum(), pos.getColumnNum());
    }

    Place place(int line, int column) {
        int unshifted = line <= 1 ? column - shift : column;
        Settings.Item at = item.at(Math.max(1, line), Math.max(1, unshifted));
        return new Place(key, at.line(), at.column());
    }

    InvalidStream error(SqlParserPos pos, String problem) {
        return new InvalidStream(stream, place(pos), problem);
    }
}
