package io.deltastreams.source.postgres;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A change whose place within its transaction is not known yet, because what stands before it may still be on its way through a decoder. */
sealed interface Draft {

    Change at(Position position);

    Schema schema();

    record Insert(Schema schema, Row after) implements Draft {
        @Override
        public Change at(Position position) {
            return new Change.Insert(position, schema, after);
        }
    }

    record Update(Schema schema, @Nullable Row before, Row after) implements Draft {
        @Override
        public Change at(Position position) {
            return new Change.Update(position, schema, before, after);
        }
    }

    /**
     * An update, or the insert that a changed key makes of it, whose row lacks values that the server did not send, and which may be asked for.
     *
     * @param key the row's key as the server wrote it, in the order of the schema's
     * @param change makes the change of a row
     */
    record Lacking(TableForm form, List<String> key, Row after, Function<Row, Draft> change) implements Draft {
        @Override
        public Schema schema() {
            return form.schema();
        }

        @Override
        public Change at(Position position) {
            return change.apply(after).at(position);
        }

        Draft with(Row complete) {
            return change.apply(complete);
        }
    }

    record Delete(Schema schema, Row before) implements Draft {
        @Override
        public Change at(Position position) {
            return new Change.Delete(position, schema, before);
        }
    }

    record Truncate(Schema schema) implements Draft {
        @Override
        public Change at(Position position) {
            return new Change.Truncate(position, schema);
        }
    }
}
