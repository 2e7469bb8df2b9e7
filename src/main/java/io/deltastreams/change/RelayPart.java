package io.deltastreams.change;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of something {@link Relayed} that is small enough for a broker's message; those of one sender follow each other. Its form, in the terms of
 * {@link BinaryWriter}: a byte for the version, 1; the sender as i64; where the tables stand that are in force; the part's number and the number of
 * parts; and the bytes.
 *
 * @param sender drawn at random: parts of different ones may lie between each other
 * @param tables the offset of the first message with the tables in force, -1 where none is known
 * @param number from 0
 */
public record RelayPart(long sender, long tables, int number, int parts, Bytes bytes) {

    private static final int VERSION = 1;

    public RelayPart {
        if (number < 0 || number >= parts) {
            throw new IllegalArgumentException("part %d of %d".formatted(number, parts));
        }
    }

    /** Cuts into parts of so many bytes at most, one at least. */
    public static List<RelayPart> cut(long sender, long tables, BinaryWriter whole, int size) {
        int parts = Math.max(1, Math.ceilDiv(whole.size(), size));
        List<RelayPart> cut = new ArrayList<>(parts);
        for (int number = 0; number < parts; number++) {
            int from = number * size;
            byte[] bytes = new byte[Math.min(size, whole.size() - from)];
            System.arraycopy(whole.array(), from, bytes, 0, bytes.length);
            cut.add(new RelayPart(sender, tables, number, parts, new Bytes(bytes)));
        }
        return cut;
    }

    public boolean isLast() {
        return number == parts - 1;
    }

    public byte[] encode() {
        BinaryWriter out = new BinaryWriter(bytes.array().length + 32);
        out.u8(VERSION);
        out.i64(sender);
        out.zigzag(tables);
        out.varint(number);
        out.varint(parts);
        out.bytes(bytes.array(), 0, bytes.array().length);
        return out.toByteArray();
    }

    /** @throws IllegalArgumentException if the bytes are no part of anything relayed */
    public static RelayPart decode(byte[] message) {
        BinaryReader in = new BinaryReader(message);
        int version = in.u8();
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "its form is version %d, and this instance reads %d".formatted(version, VERSION));
        }
        return new RelayPart(in.i64(), in.zigzag64(), in.varint(), in.varint(), new Bytes(in.bytes(in.remaining())));
    }
}
