package io.deltastreams.pipeline;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.sink.Outcome;
import io.deltastreams.stream.DeltaStream;
import io.deltastreams.stream.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The dead letters of a run, for those who mend what kept them. */
public final class LetterOffice {

    private final List<DeltaStream> streams;
    private final List<OutputRunner> outputs;
    private final DeadLetters letters;

    LetterOffice(List<DeltaStream> streams, List<OutputRunner> outputs, DeadLetters letters) {
        this.streams = List.copyOf(streams);
        this.outputs = List.copyOf(outputs);
        this.letters = letters;
    }

    /** How many letters of a stream wait. */
    public record Waiting(StreamId stream, int letters) {}

    /** A letter that still cannot be handled: at which place ({@code stream}, {@code kafka}), and why. */
    public record Refused(String at, Position position, String reason) {}

    /** @param replayed how many letters no longer wait */
    public record Replay(int replayed, List<Refused> refused) {
        public Replay {
            refused = List.copyOf(refused);
        }
    }

    /** Each stream, in the pipeline file's order. */
    public List<Waiting> waiting() {
        return streams.stream()
                .map(stream -> new Waiting(stream.id(), letters.of(stream.id()).waiting()))
                .toList();
    }

    /** How many of a stream's letters wait; empty if there is no such stream. */
    public Optional<Integer> waiting(StreamId stream) {
        return stream(stream).map(_ -> letters.of(stream).waiting());
    }

    /** Why letters are not sent to the place that {@code dead_letters} declares; empty while they are. */
    public String trouble() {
        return letters.trouble();
    }

    /** A stream's letters that wait, as JSON objects; empty if there is no such stream. */
    public Optional<List<String>> lines(StreamId stream, int most) {
        return stream(stream).map(_ -> letters.of(stream).lines(most));
    }

    /**
     * Handles letters once more, by position: the change is read from the log and goes through the stream as that is now, and what comes of it to
     * the output that refused it, or to all where the stream did. A delta comes out of its order then, and says so. Waits.
     *
     * @param positions which ones; all that wait if empty
     * @return empty if there is no such stream
     */
    public Optional<Replay> replay(StreamId stream, Set<Position> positions) {
        return stream(stream).map(found -> {
            LetterFile file = letters.of(stream);
            int replayed = 0;
            List<Refused> refused = new ArrayList<>();
            for (LetterFile.Name name : file.names()) {
                if (!positions.isEmpty() && !positions.contains(name.position())) {
                    continue;
                }
                Optional<String> objection = replay(found, name);
                if (objection.isEmpty()) {
                    file.replayed(name);
                    replayed++;
                } else {
                    refused.add(new Refused(name.at(), name.position(), objection.get()));
                }
            }
            return new Replay(replayed, refused);
        });
    }

    private Optional<DeltaStream> stream(StreamId id) {
        return streams.stream().filter(stream -> stream.id().equals(id)).findFirst();
    }

    /** Why it could not be. */
    private Optional<String> replay(DeltaStream stream, LetterFile.Name name) {
        return switch (stream.only(name.position())) {
            case Reading.Gap gap ->
                Optional.of("the log no longer holds it: it went by retention, up to " + gap.removedUpTo());
            case Reading.Stopped stopped -> Optional.of(stopped.reason());
            case Reading.Deltas deltas ->
                deltas.deltas().stream()
                        .flatMap(delta -> outputs.stream()
                                .filter(output -> output.isAt(stream.id(), name.at()))
                                .flatMap(output -> objection(output, delta).stream()))
                        .findFirst();
        };
    }

    private static Optional<String> objection(OutputRunner output, Delta delta) {
        return switch (output.replay(delta)) {
            case Outcome.Poisoned poisoned -> Optional.of(poisoned.reason());
            case Outcome.Unknown unknown -> Optional.of("not now: " + unknown.reason());
            case Outcome.Superseded superseded -> Optional.of(superseded.reason());
            case Outcome.Delivered _, Outcome.Taken _, Outcome.Rewound _ -> Optional.empty();
        };
    }
}
