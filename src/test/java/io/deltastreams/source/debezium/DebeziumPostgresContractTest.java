package io.deltastreams.source.debezium;

import io.deltastreams.postgres.PostgresContract;

class DebeziumPostgresContractTest extends PostgresContract {

    DebeziumPostgresContractTest() {
        super(new DebeziumPostgres.Factory());
    }
}
