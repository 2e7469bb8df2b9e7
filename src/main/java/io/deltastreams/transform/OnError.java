package io.deltastreams.transform;

/** What becomes of a change that a stream refuses: {@code on_error: stop | dead-letter | skip}. */
public enum OnError {
    STOP,
    DEAD_LETTER,
    SKIP
}
