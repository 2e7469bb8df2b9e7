package io.deltastreams.sink;

import io.deltastreams.settings.Settings;

/**
 * Where dead letters are sent for others to see; the service keeps its own beside the log whatever becomes of these. One thread, which may block.
 * Its contract:
 *
 * <ol>
 *   <li>{@link #keep} returns when the letter is durable there. If it fails, the same letter comes again, and may be there twice: stream, place and
 *       position tell it.
 *   <li>{@link #close} may be called by any thread and ends what waits.
 * </ol>
 */
public interface DeadLetterBox extends AutoCloseable {

    /** @throws TargetAway if it is in doubt whether it is there */
    void keep(DeadLetter letter);

    @Override
    void close();

    /** Makes boxes of one kind; a CDI bean with {@code @Identifier("kafka")}, the key below {@code dead_letters:}. */
    interface Factory {

        /** Reads the section below {@code dead_letters:}; whatever is wrong there goes into the settings' problems. Opens nothing yet. */
        DeadLetterBox create(Settings settings);
    }
}
