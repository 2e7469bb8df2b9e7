package io.deltastreams.source.debezium;

import io.deltastreams.postgres.FailoverContract;
import org.junit.jupiter.api.Tag;

@Tag("torture")
class DebeziumPostgresFailoverTest extends FailoverContract {

    DebeziumPostgresFailoverTest() {
        super(new DebeziumPostgres.Factory());
    }

    @Override
    protected boolean idleSlotMoves() {
        return false;
    }
}
