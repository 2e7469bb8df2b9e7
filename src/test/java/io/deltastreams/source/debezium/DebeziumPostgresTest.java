package io.deltastreams.source.debezium;

import io.deltastreams.postgres.PostgresSourceContract;

class DebeziumPostgresTest extends PostgresSourceContract {

    DebeziumPostgresTest() {
        super(new DebeziumPostgres.Factory());
    }
}
