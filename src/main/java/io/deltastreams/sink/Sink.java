package io.deltastreams.sink;

import io.deltastreams.change.Delta;
import io.deltastreams.change.Position;
import io.deltastreams.change.StreamId;
import io.deltastreams.settings.Settings;
import io.smallrye.mutiny.Uni;
import java.util.Optional;

/**
 * One stream's way to one target. Its contract, which {@code SinkContract} tests over every kind:
 *
 * <ol>
 *   <li>{@link #cursor} is asked before the first {@link #write}, and again after each {@code Unknown}; it is the position up to which the
 *       target has everything, empty if it has nothing yet.
 *   <li>{@link #write} is called with one batch at a time, in order, the next after the answer to the last: behind what was delivered or
 *       taken, or at the position that was told.
 *   <li>Order per key holds at the target. A delta is there at least once.
 *   <li>The cursor moves to {@code upTo} only when everything before it is durable at the target, at most about a second after {@code
 *       Delivered}, and survives the target's and the service's restart.
 *   <li>A write's failure is an {@link Outcome}, never a failed {@code Uni}; a failed one is a bug. A cursor that cannot be had now fails with
 *       {@link TargetAway}, and is asked for again; one that belongs to another instance by now with {@link TargetTaken}.
 *   <li>{@link #close} waits for what is under way, at most 5 s.
 *   <li>A batch is only {@code Taken} while the next one is at hand, or while its last delta is not the last of its transaction.
 *   <li>{@link #prepare} may be called before the first {@link #cursor}, which need not wait for it, while another instance writes to the target. That
 *       one goes on as if it had not been.
 * </ol>
 */
public interface Sink {

    Uni<Optional<Position>> cursor();

    /**
     * Does beforehand what takes time at the first {@link #cursor}: connects, and looks at what is there, but makes nothing. Where that fails it may be asked
     * again.
     */
    default Uni<Void> prepare() {
        return Uni.createFrom().voidItem();
    }

    Uni<Outcome> write(Deltas batch);

    /**
     * Writes a delta that was refused once more, whatever has been written since; the cursor does not move. May be called by any thread, and waits
     * for a write that is under way. {@code Unknown} where that is not possible now; then nothing is written again by itself.
     */
    Uni<Outcome> replay(Delta delta);

    Uni<Void> close();

    /** Makes sinks of one kind; a CDI bean with {@code @Identifier("kafka")}, the key below a stream's {@code to:}. */
    interface Factory {

        /**
         * Reads the section below {@code to:}; whatever is wrong there goes into the settings' problems. Opens nothing yet.
         *
         * @param pipeline the pipeline's name, part of whatever the sink stores under a name of its own
         */
        Sink create(String pipeline, StreamId stream, Settings settings);
    }
}
