package io.deltastreams.sink;

import io.deltastreams.change.Position;
import io.deltastreams.change.Relayed;
import io.deltastreams.settings.Settings;

/**
 * The way of the whole history to a place where other instances take it from. One thread, which may block. Its contract:
 *
 * <ol>
 *   <li>{@link #open} is called first, and again after each {@link TargetAway}; it tells where what the place holds ends. It may also be called while
 *       another instance adds to the place, which is not disturbed.
 *   <li>{@link #put} returns when what it was given is durable there, behind all before it, whole or not at all. If it fails, that may be there
 *       nevertheless: it comes again, and readers tell it by its positions.
 *   <li>{@link #close} may be called by any thread and ends what waits.
 * </ol>
 */
public interface Relay extends AutoCloseable {

    /**
     * Makes what is absent.
     *
     * @return the last position that is there, {@link Position#START} if none is
     * @throws TargetAway if that cannot be told now; the message says where and why
     */
    Position open();

    /**
     * Adds what follows.
     *
     * @throws TargetAway if it is in doubt whether it is there
     */
    void put(Relayed relayed);

    @Override
    void close();

    /** Makes relays of one kind; a CDI bean with {@code @Identifier("kafka")}, the key below {@code relay:}. */
    interface Factory {

        /** Reads the section below {@code relay:}; whatever is wrong there goes into the settings' problems. Opens nothing yet. */
        Relay create(Settings settings);
    }
}
