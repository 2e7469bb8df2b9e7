package io.deltastreams.source.debezium;

import io.deltastreams.postgres.FailoverContract;

class DebeziumPostgresFailoverTest extends FailoverContract {

    DebeziumPostgresFailoverTest() {
        super(new DebeziumPostgres.Factory());
    }

    @Override
    protected boolean idleSlotMoves() {
        return false;
    }
}
