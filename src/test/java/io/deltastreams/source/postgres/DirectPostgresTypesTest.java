package io.deltastreams.source.postgres;

import io.deltastreams.postgres.TypesContract;
import java.util.Map;

class DirectPostgresTypesTest extends TypesContract {

    DirectPostgresTypesTest() {
        super(new DirectPostgres.Factory(), Map.of());
    }
}
