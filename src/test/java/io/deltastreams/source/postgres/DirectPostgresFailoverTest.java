package io.deltastreams.source.postgres;

import io.deltastreams.postgres.FailoverContract;

class DirectPostgresFailoverTest extends FailoverContract {

    DirectPostgresFailoverTest() {
        super(new DirectPostgres.Factory());
    }
}
