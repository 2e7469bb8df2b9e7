package io.deltastreams.transform;

import io.deltastreams.change.Change;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import java.util.Optional;
import org.apache.calcite.sql.SqlNode;
import org.jspecify.annotations.Nullable;

/** One SQL expression over a stream's own rows, as some output declares it; parsed, but not yet typed. */
public final class Expression {

    private final Clause clause;
    private final SqlNode node;

    private Expression(Clause clause, SqlNode node) {
        this.clause = clause;
        this.node = node;
    }

    /** Reads the expression at a key; empty, and a problem in the settings, where it is missing or no SQL. */
    public static Optional<Expression> read(StreamId stream, Settings settings, String key) {
        if (settings.text(key).isEmpty()) {
            return Optional.empty();
        }
        Settings.Item item = settings.items(key).getFirst();
        Clause clause = new Clause(stream, key, item, 0);
        try {
            return Optional.of(new Expression(clause, Sql.condition(clause)));
        } catch (InvalidStream e) {
            Definition.tell(settings, item, e);
            return Optional.empty();
        }
    }

    /** @throws InvalidStream if it does not fit the stream's schema; says where and what would be right */
    public Bound bind(Schema stream) throws InvalidStream {
        return new Bound(
                stream, new Compiler(clause, stream, null).compile(node).eval());
    }

    /** The expression over the rows of one schema. Thread-safe. */
    public static final class Bound {

        private final Schema schema;
        private final Eval eval;

        private Bound(Schema schema, Eval eval) {
            this.schema = schema;
            this.eval = eval;
        }

        /**
         * The value for the row as it is behind the change, of one that is gone as it was.
         *
         * @throws IllegalArgumentException if it has none: it fails, or a column was not sent; the message says why
         */
        public @Nullable Object of(Change change) {
            Row row = switch (change) {
                case Change.Insert insert -> insert.after();
                case Change.Update update -> whole(update.before(), update.after());
                case Change.Delete delete -> delete.before();
                case Change.Truncate _ -> throw new IllegalArgumentException("a truncate has no row");
            };
            try {
                return eval.at(row);
            } catch (Failure e) {
                throw new IllegalArgumentException(e.told(), e);
            } catch (Missing e) {
                throw new IllegalArgumentException(
                        "column '%s' is needed and the source did not send it; set REPLICA IDENTITY FULL on the table"
                                .formatted(e.column()),
                        e);
            }
        }

        private Row whole(@Nullable Row before, Row after) {
            return before == null || after.isComplete()
                    ? after
                    : Projection.merged(schema, i -> after.has(i) ? after : before);
        }
    }
}
