package io.deltastreams.demo;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/** The demo of dev mode. */
@ConfigMapping(prefix = "delta-streams.demo")
interface DemoConfig {

    /** Of the embedded PostgreSQL, on localhost. */
    @WithDefault("54329")
    int postgresPort();

    /** Of the in-process broker, on localhost. */
    @WithDefault("54392")
    int kafkaPort();

    /** Where both keep their data; deleting it starts anew. */
    @WithDefault("data/demo")
    Path folder();

    /** The shop's pace. */
    @WithDefault("20")
    int transactionsPerSecond();
}
