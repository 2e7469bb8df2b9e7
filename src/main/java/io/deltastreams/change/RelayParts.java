package io.deltastreams.change;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts parts together again as they come from a topic. What a sender did not bring to its end is left out: it came again from its first part on. Not
 * thread-safe.
 */
public final class RelayParts {

    /** A sender that has not gone on for so many messages is gone. */
    private static final long PATIENCE = 10_000;

    private final RelayedCodec codec = new RelayedCodec();
    private final Map<Long, Open> open = new HashMap<>();
    private long next;

    /** What has come of something up to its part {@code next}, from {@code offset} on. */
    private static final class Open {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final long offset;
        private int next;

        Open(long offset) {
            this.offset = offset;
        }
    }

    /**
     * Takes the next part.
     *
     * @param offset its message's
     * @return what is whole with it
     * @throws IllegalArgumentException if it does not read
     */
    public Optional<Relayed> add(long offset, RelayPart part) {
        next = offset + 1;
        open.values().removeIf(begun -> offset - begun.offset > PATIENCE + begun.next);
        if (part.number() == 0) {
            open.put(part.sender(), new Open(offset));
        }
        Open begun = open.get(part.sender());
        if (begun == null || begun.next != part.number()) {
            // The beginning is not there: the sender was cut off, or the topic was.
            open.remove(part.sender());
            return Optional.empty();
        }
        begun.next++;
        begun.bytes.writeBytes(part.bytes().array());
        if (!part.isLast()) {
            return Optional.empty();
        }
        open.remove(part.sender());
        BinaryReader in = new BinaryReader(begun.bytes.toByteArray());
        Relayed relayed = codec.decode(in);
        if (in.remaining() > 0) {
            throw new IllegalArgumentException("%d bytes follow its end".formatted(in.remaining()));
        }
        return Optional.of(relayed);
    }

    /** From where to read so that nothing is missing which has not come whole yet. */
    public long resumeAt() {
        return open.values().stream().mapToLong(begun -> begun.offset).min().orElse(next);
    }
}
