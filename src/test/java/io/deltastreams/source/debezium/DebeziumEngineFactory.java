package io.deltastreams.source.debezium;

import io.deltastreams.source.ChangeSource;

/** For tests of other packages, which see the port only. */
public final class DebeziumEngineFactory {

    private DebeziumEngineFactory() {}

    public static ChangeSource.Factory create() {
        return new DebeziumPostgres.Factory();
    }
}
