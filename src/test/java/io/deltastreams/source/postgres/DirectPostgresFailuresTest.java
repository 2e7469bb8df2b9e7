package io.deltastreams.source.postgres;

import io.deltastreams.postgres.FailuresContract;

class DirectPostgresFailuresTest extends FailuresContract {

    DirectPostgresFailuresTest() {
        super(new DirectPostgres.Factory());
    }
}
