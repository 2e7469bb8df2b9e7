package io.deltastreams.nativeimage.agent;

import java.lang.instrument.Instrumentation;
import java.nio.file.Path;

/** {@code -javaagent:...-reflection-agent.jar=FOLDER}: each JVM writes a file of its own there. */
public final class RecordingAgent {

    private RecordingAgent() {}

    public static void premain(String folder, Instrumentation instrumentation) {
        Lookups.recordInto(Path.of(folder));
        instrumentation.addTransformer(new LookupCalls());
    }
}
