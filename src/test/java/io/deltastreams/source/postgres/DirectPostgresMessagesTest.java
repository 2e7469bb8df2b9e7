package io.deltastreams.source.postgres;

import io.deltastreams.postgres.LogicalMessagesContract;

class DirectPostgresMessagesTest extends LogicalMessagesContract {

    DirectPostgresMessagesTest() {
        super(new DirectPostgres.Factory());
    }
}
