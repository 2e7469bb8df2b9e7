package io.deltastreams.pipeline;

import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.change.TableId;
import io.deltastreams.log.LogStatus;
import io.deltastreams.source.Intake.RetainedLog;
import io.deltastreams.source.Intake.SnapshotProgress;
import io.deltastreams.state.StateStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the running pipeline stands: what health, metrics and the console show. */
public record PipelineStatus(
        String name,
        Source source,
        Log log,
        Optional<StateStatus> state,
        Optional<Relayed> relay,
        List<Output> outputs) {

    public PipelineStatus {
        outputs = List.copyOf(outputs);
    }

    /** What a source or an output does. */
    public enum State {
        /** Not yet at work: connecting, finding its cursor, waiting for the source. */
        STARTING,
        RUNNING,
        /** Another instance does this work; taken over when that one ends. */
        STANDBY,
        /** Something is away; tried again by itself. */
        RETRYING,
        /** Leaves the machine to capture for a while. */
        PAUSED,
        /** Ended by its policy or a mistake that somebody has to mend. */
        STOPPED
    }

    /**
     * How a source or an output stands. One value, so that who sees a state sees its own reason.
     *
     * @param message what is wrong and what would be right, or what is waited for; empty while all is well
     */
    public record Condition(State state, String message) {

        static final Condition STARTING = new Condition(State.STARTING, "");
        static final Condition RUNNING = new Condition(State.RUNNING, "");
        /** Nothing but its turn is missing. */
        static final Condition READY = new Condition(State.STARTING, "has connected and waits for its turn");

        /** It could not begin if its turn came now. */
        static Condition unready(String why) {
            return new Condition(State.STARTING, "waits for its turn, but its target is away: " + why);
        }

        static Condition retrying(String why) {
            return new Condition(State.RETRYING, why);
        }

        static Condition stopped(String why) {
            return new Condition(State.STOPPED, why);
        }

        public boolean is(State one) {
            return state == one;
        }

        /** The same state, with this to say of it. */
        Condition saying(String other) {
            return new Condition(state, other);
        }

        @Override
        public String toString() {
            return message.isEmpty() ? state.name() : state + ": " + message;
        }
    }

    /**
     * @param captured changes taken since the start, by table
     * @param committedAt commit time of the newest change taken
     * @param retainedWal what the database keeps of its log for us
     * @param alone whether what competes with capture waits
     */
    public record Source(
            String kind,
            Condition condition,
            Map<TableId, Long> captured,
            Optional<Instant> committedAt,
            Optional<SnapshotProgress> snapshot,
            Optional<RetainedLog> retainedWal,
            boolean alone,
            List<String> notes) {

        public Source {
            captured = Map.copyOf(captured);
            notes = List.copyOf(notes);
        }

        /** Changes taken since the start. */
        public long capturedInAll() {
            return captured.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * @param budget bytes that it may take on disk
     * @param failure why nothing can be appended any more; empty while all is well
     */
    public record Log(LogStatus status, long budget, Optional<Position> last, Optional<String> failure) {}

    /**
     * The log's way to other instances.
     *
     * @param cursor up to where the target has everything
     * @param delivered changes written since the start
     */
    public record Relayed(
            String kind, boolean required, Condition condition, Optional<Position> cursor, long delivered) {}

    /**
     * @param cursor up to where the target has everything
     * @param delivered deltas written since the start
     * @param behind commit time of the newest delta delivered, empty before the first; whoever stands at the log's end has no lag
     */
    public record Output(
            StreamId stream,
            String kind,
            boolean required,
            Condition condition,
            Optional<Position> cursor,
            long delivered,
            Optional<Instant> behind) {}
}
