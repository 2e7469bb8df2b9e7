package io.deltastreams.source.postgres;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of which the commit has not come: its messages, raw, in memory while they are few, beyond that in a side file (Invariant 8). The
 * file is nobody's promise: after a crash the server sends the transaction again.
 */
final class OpenTransaction implements AutoCloseable {

    /** Small enough for many to be decoded side by side, large enough that handing one over costs nothing. */
    private static final int PIECE = 256 << 10;

    private static final int FIRST = 4 << 10;

    private final int xid;
    private final long maxBytes;
    private final Path folder;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Aside> aside = new ArrayList<>();
    private final Set<Integer> aborted = new HashSet<>();
    private Relations relations;
    private Relations own = Relations.NONE;
    private long inMemory;
    private long bytes;
    private @Nullable FileChannel file;
    private Optional<String> mark = Optional.empty();

    /** A piece in the side file. */
    private record Aside(Relations relations, long offset, int size) {}

    /**
     * @param maxBytes what may stay in memory
     * @param folder where the side file lies
     */
    OpenTransaction(int xid, Relations relations, long maxBytes, Path folder) {
        this.folder = folder;
        this.xid = xid;
        this.relations = relations;
        this.maxBytes = maxBytes;
    }

    int xid() {
        return xid;
    }

    /** What this service itself has written into it. */
    Optional<String> mark() {
        return mark;
    }

    void mark(String written) {
        mark = Optional.of(written);
    }

    /** What relation numbers mean from the next message on, to everybody. */
    void relations(Relations shared) {
        relations = own.isEmpty() ? shared : shared.with(own);
    }

    /** What was told within this transaction, which is nobody else's until it commits. */
    Relations own() {
        return own;
    }

    void tell(int relation, @Nullable TableForm form, Relations shared) {
        own = own.with(relation, form);
        relations(shared);
    }

    long bytes() {
        return bytes;
    }

    /** Subtransactions that were rolled back: their messages do not count. */
    Set<Integer> aborted() {
        return aborted;
    }

    void abort(int subtransaction) {
        aborted.add(subtransaction);
    }

    @SuppressWarnings(
            "ReferenceEquality") // Another object is another meaning, or the same once more: both may begin a piece.
    void add(int subtransaction, byte[] message, int offset, int length) throws IOException {
        Piece last = pieces.isEmpty() ? null : pieces.getLast();
        if (last == null || last.relations() != relations || last.size() + length > PIECE) {
            if (inMemory > maxBytes) {
                putAside();
            }
            last = new Piece(relations, pieces.isEmpty() && aside.isEmpty() ? Math.max(FIRST, length + 8) : PIECE + 8);
            pieces.add(last);
        }
        last.add(subtransaction, message, offset, length);
        inMemory += length + 8L;
        bytes += length + 8L;
    }

    /** @throws IOException that says which disk it is about */
    private void putAside() throws IOException {
        try {
            writeAside();
        } catch (IOException e) {
            IOException told = new IOException("a transaction beyond %d MB cannot be put aside in %s: %s"
                    .formatted(maxBytes >> 20, folder, e.getMessage()));
            told.addSuppressed(e);
            throw told;
        }
    }

    private void writeAside() throws IOException {
        FileChannel channel = file;
        if (channel == null) {
            Path path = Files.createTempFile(folder, "delta-streams-transaction", ".spill");
            channel = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            file = channel;
        }
        for (Piece piece : pieces) {
            long offset = channel.size();
            ByteBuffer buffer = ByteBuffer.wrap(piece.bytes(), 0, piece.size());
            while (buffer.hasRemaining()) {
                channel.write(buffer, offset + buffer.position());
            }
            aside.add(new Aside(piece.relations(), offset, piece.size()));
        }
        pieces.clear();
        inMemory = 0;
    }

    /** What takes the pieces. */
    interface Pieces {
        void take(Piece piece, boolean last) throws IOException, SQLException, InterruptedException;
    }

    /** Gives all pieces in order, at least one. */
    void drain(Pieces taker) throws IOException, SQLException, InterruptedException {
        FileChannel channel = file;
        for (int i = 0; i < aside.size() && channel != null; i++) {
            taker.take(restored(channel, aside.get(i)), pieces.isEmpty() && i == aside.size() - 1);
        }
        for (int i = 0; i < pieces.size(); i++) {
            taker.take(pieces.get(i), i == pieces.size() - 1);
        }
    }

    private static Piece restored(FileChannel channel, Aside from) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(from.size());
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from.offset() + buffer.position()) < 0) {
                throw new IOException("the side file of a transaction ends early");
            }
        }
        Piece piece = new Piece(from.relations(), from.size());
        piece.restore(buffer.array());
        return piece;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
