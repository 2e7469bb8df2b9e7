package io.deltastreams.source.debezium;

import io.deltastreams.postgres.TypesContract;
import java.util.Map;

class DebeziumPostgresTypesTest extends TypesContract {

    DebeziumPostgresTypesTest() {
        // The engine reads a point and writes it anew.
        super(new DebeziumPostgres.Factory(), Map.of("point", "(1.5,2.0)"));
    }
}
