package io.deltastreams.source.postgres;

import io.deltastreams.source.ChangeSource;

/** For tests of other packages, which see the port only. */
public final class DirectEngineFactory {

    private DirectEngineFactory() {}

    public static ChangeSource.Factory create() {
        return new DirectPostgres.Factory();
    }
}
