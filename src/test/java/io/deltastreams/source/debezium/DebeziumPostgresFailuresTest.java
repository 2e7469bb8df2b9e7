package io.deltastreams.source.debezium;

import io.deltastreams.postgres.FailuresContract;

class DebeziumPostgresFailuresTest extends FailuresContract {

    DebeziumPostgresFailuresTest() {
        super(new DebeziumPostgres.Factory());
    }
}
