package io.deltastreams.source.debezium;

import io.deltastreams.postgres.LogicalMessagesContract;

class DebeziumPostgresMessagesTest extends LogicalMessagesContract {

    DebeziumPostgresMessagesTest() {
        super(new DebeziumPostgres.Factory());
    }
}
