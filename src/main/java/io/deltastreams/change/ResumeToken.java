package io.deltastreams.change;

/** Where a source goes on after a restart, in its own words (at most 64 KiB); nobody else looks inside. */
public record ResumeToken(String text) {
    public ResumeToken {
        if (text.length() > 65_536) {
            throw new IllegalArgumentException("a resume token of " + text.length() + " characters");
        }
    }
}
