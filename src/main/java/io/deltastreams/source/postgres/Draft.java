package io.deltastreams.source.postgres;

import io.deltastreams.change.Change;
import io.deltastreams.change.Position;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
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
