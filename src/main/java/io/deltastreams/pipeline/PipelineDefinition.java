package io.deltastreams.pipeline;

import io.deltastreams.log.LogSettings;
import io.deltastreams.settings.Settings;
import io.deltastreams.sink.DeadLetterBox;
import io.deltastreams.sink.Relay;
import io.deltastreams.sink.Sink;
import io.deltastreams.source.ChangeSource;
import io.deltastreams.state.StateSettings;
import io.deltastreams.transform.StreamProgram;
import java.util.List;
import java.util.Optional;

/**
 * What the pipeline file declares, checked.
 *
 * @param name part of every name that outputs keep at their targets
 * @param state empty where none is kept
 * @param deadLetters where dead letters are sent beside the files that are kept of them
 * @param transactions where the bounds of transactions go, if anywhere
 * @param relay empty where the log goes to no other instance
 */
record PipelineDefinition(
        String name,
        Source source,
        LogSettings log,
        Optional<StateSettings> state,
        Optional<Relaying> relay,
        Optional<DeadLetterBox> deadLetters,
        Optional<Output> transactions,
        List<Stream> streams) {

    PipelineDefinition {
        streams = List.copyOf(streams);
    }

    /** @param settings the kind's own section, read again for every attempt to capture */
    record Source(String kind, ChangeSource.Factory factory, Settings settings) {

        ChangeSource create() {
            return factory.create(settings);
        }

        /** Whether only one instance at a time may capture. */
        boolean isExclusive() {
            return factory.isExclusive();
        }
    }

    /**
     * @param feed whether it can be subscribed to over HTTP
     * @param textualBigints whether that feed writes 64-bit integers as strings
     */
    record Stream(StreamProgram program, boolean feed, boolean textualBigints, List<Output> outputs) {

        Stream {
            outputs = List.copyOf(outputs);
        }
    }

    /** @param required whether the log keeps what is not relayed yet */
    record Relaying(String kind, boolean required, Relay relay) {}

    /** @param required whether the log keeps what this output has not delivered yet */
    record Output(String kind, boolean required, Sink sink) {}
}
