package io.deltastreams.source.postgres;

import io.deltastreams.postgres.PostgresContract;

class DirectPostgresContractTest extends PostgresContract {

    DirectPostgresContractTest() {
        super(new DirectPostgres.Factory());
    }
}
