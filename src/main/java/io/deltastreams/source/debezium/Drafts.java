package io.deltastreams.source.debezium;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.BinaryWriter;
import io.deltastreams.change.Schema;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The changes of the transaction that is being read, until its commit: in memory while they are small, behind that in a temporary file
 * (Invariant 8). The file holds, per change, the length of what follows, the place of its schema in {@link #schemas}, and the change.
 */
final class Drafts implements AutoCloseable {

    private final long maxWeight;
    private final List<Draft> inMemory = new ArrayList<>();
    private final List<Schema> schemas = new ArrayList<>();
    private final IdentityHashMap<Schema, Integer> places = new IdentityHashMap<>();
    private final BinaryWriter encoded = new BinaryWriter(4096);
    private long weight;
    private @Nullable Path file;
    private @Nullable DataOutputStream spilled;

    /** @param maxWeight what may stay in memory, in {@link Draft#weight()} */
    Drafts(long maxWeight) {
        this.maxWeight = maxWeight;
    }

    /** What takes a transaction in parts. */
    interface Parts {
        void take(List<Draft> part, boolean last) throws InterruptedException;
    }

    boolean isEmpty() {
        return inMemory.isEmpty() && spilled == null;
    }

    boolean isSmall() {
        return spilled == null;
    }

    long weight() {
        return weight;
    }

    void add(Draft draft) throws IOException {
        inMemory.add(draft);
        weight += draft.weight();
        if (weight > maxWeight) {
            spill();
        }
    }

    /** Hands over all in order, in parts of about {@code partWeight}, and is empty again. */
    void drain(long partWeight, Parts parts) throws IOException, InterruptedException {
        if (spilled != null && file != null) {
            spill();
            spilled.close();
            try (DataInputStream in =
                    new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
                replay(in, partWeight, parts);
            }
        } else {
            parts.take(List.copyOf(inMemory), true);
        }
        clear();
    }

    private void replay(DataInputStream in, long partWeight, Parts parts) throws IOException, InterruptedException {
        List<Draft> part = new ArrayList<>();
        long partsWeight = 0;
        for (Draft draft = read(in); draft != null; draft = read(in)) {
            if (partsWeight >= partWeight) {
                parts.take(part, false);
                part = new ArrayList<>();
                partsWeight = 0;
            }
            part.add(draft);
            partsWeight += draft.weight();
        }
        parts.take(part, true);
    }

    private @Nullable Draft read(DataInputStream in) throws IOException {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException _) {
            return null;
        }
        Schema schema = schemas.get(in.readInt());
        return Draft.read(new BinaryReader(in.readNBytes(length)), schema);
    }

    private void spill() throws IOException {
        if (spilled == null) {
            file = Files.createTempFile("delta-streams-transaction", ".spill");
            spilled = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
        }
        for (Draft draft : inMemory) {
            encoded.truncate(0);
            draft.write(encoded);
            spilled.writeInt(encoded.size());
            spilled.writeInt(place(draft.schema()));
            spilled.write(encoded.array(), 0, encoded.size());
        }
        inMemory.clear();
        weight = 0;
    }

    private int place(Schema schema) {
        return places.computeIfAbsent(schema, added -> {
            schemas.add(added);
            return schemas.size() - 1;
        });
    }

    private void clear() throws IOException {
        inMemory.clear();
        schemas.clear();
        places.clear();
        weight = 0;
        if (spilled != null) {
            spilled.close();
            spilled = null;
        }
        if (file != null) {
            Files.deleteIfExists(file);
            file = null;
        }
    }

    @Override
    public void close() throws IOException {
        clear();
    }
}
