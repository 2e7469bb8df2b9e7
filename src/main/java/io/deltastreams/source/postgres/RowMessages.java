package io.deltastreams.source.postgres;

import io.deltastreams.change.BinaryReader;
import io.deltastreams.change.Row;
import io.deltastreams.change.RowWriter;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.postgres.LogicalMessages;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decodes pgoutput's Insert, Update, Delete, Truncate and Message messages of one piece (PostgreSQL manual, "Logical Replication Message Formats").
 * Not thread-safe; each piece has its own.
 */
final class RowMessages {

    private static final byte NULL = 'n';
    private static final byte UNCHANGED = 'u';
    private static final byte TEXT = 't';
    private static final byte BINARY = 'b';
    /** Not the protocol's: unchanged and not sent, but known from the old row. */
    private static final byte FORMER = 0;

    private static final Schema NO_SCHEMA = new Schema(new TableId("pg_catalog", "none"), 1, List.of(), List.of());

    private final Relations relations;
    private final boolean reselects;
    private final RowWriter rows;
    private final List<Draft> drafts = new ArrayList<>();
    private final BinaryReader in = new BinaryReader(new byte[0]);
    /** Of the tuple that is being read: each column's kind, and where its value lies. */
    private byte[] kinds = new byte[16];

    private int[] starts = new int[16];
    private int[] lengths = new int[16];

    /**
     * @param bytes about how many the messages have together
     * @param reselects whether values that were not sent will be asked for
     */
    RowMessages(Relations relations, int bytes, boolean reselects) {
        this.relations = relations;
        this.reselects = reselects;
        this.rows = new RowWriter(bytes + 64, NO_SCHEMA);
    }

    List<Draft> drafts() {
        return drafts;
    }

    /** @throws IllegalArgumentException if it is no such message; names what does not fit, never a value (Invariant 9) */
    void decode(byte[] bytes, int offset, int length) {
        in.reset(bytes, offset, length);
        int kind = in.u8();
        switch (kind) {
            case 'I' -> insert();
            case 'U' -> update();
            case 'D' -> delete();
            case 'T' -> truncate();
            case 'M' -> message();
            default -> throw new IllegalArgumentException("no row message begins with byte " + kind);
        }
        if (in.remaining() > 0) {
            throw new IllegalArgumentException("%d bytes behind a message of kind %c".formatted(in.remaining(), kind));
        }
    }

    private void insert() {
        TableForm form = relations.form(in.i32());
        if (form == null) {
            in.skip(in.remaining());
            return;
        }
        int image = in.u8();
        if (image != 'N') {
            throw new IllegalArgumentException("an insert whose row begins with byte " + image);
        }
        drafts.add(new Draft.Insert(form.schema(), tuple(form, false, null)));
    }

    private void update() {
        TableForm form = relations.form(in.i32());
        if (form == null) {
            in.skip(in.remaining());
            return;
        }
        int image = in.u8();
        Row before = null;
        if (image == 'K' || image == 'O') {
            before = tuple(form, image == 'K', null);
            image = in.u8();
        }
        if (image != 'N') {
            throw new IllegalArgumentException("an update whose new row begins with byte " + image);
        }
        Row after = tuple(form, false, before);
        if (before != null && changesKey(form.schema(), before, after)) {
            drafts.add(new Draft.Delete(form.schema(), before));
            drafts.add(draft(form, after, row -> new Draft.Insert(form.schema(), row)));
        } else {
            Row former = before;
            drafts.add(draft(form, after, row -> new Draft.Update(form.schema(), former, row)));
        }
    }

    private Draft draft(TableForm form, Row after, Function<Row, Draft> change) {
        List<String> key = reselects && !after.isComplete() ? key(form) : List.of();
        return key.isEmpty() ? change.apply(after) : new Draft.Lacking(form, key, after, change);
    }

    /** The texts of the key of the tuple that was read last; none where it has no key, or not all of it was sent. */
    private List<String> key(TableForm form) {
        int[] places = new int[form.schema().columns().size()];
        int column = 0;
        for (int i = 0; i < form.width(); i++) {
            if (form.value(i) != null) {
                places[column++] = i;
            }
        }
        List<String> key = new ArrayList<>();
        for (int part : form.schema().key()) {
            int place = places[part];
            if (kinds[place] != TEXT) {
                return List.of();
            }
            key.add(new String(in.array(), starts[place], lengths[place], StandardCharsets.UTF_8));
        }
        return key;
    }

    private static boolean changesKey(Schema schema, Row before, Row after) {
        for (int column : schema.key()) {
            if (before.has(column) && after.has(column) && !before.sameValue(column, after)) {
                return true;
            }
        }
        return false;
    }

    private void delete() {
        TableForm form = relations.form(in.i32());
        if (form == null) {
            in.skip(in.remaining());
            return;
        }
        int image = in.u8();
        if (image != 'K' && image != 'O') {
            throw new IllegalArgumentException("a delete whose old row begins with byte " + image);
        }
        drafts.add(new Draft.Delete(form.schema(), tuple(form, image == 'K', null)));
    }

    private void truncate() {
        int count = in.i32();
        in.u8();
        for (int i = 0; i < count; i++) {
            TableForm form = relations.form(in.i32());
            if (form != null) {
                drafts.add(new Draft.Truncate(form.schema()));
            }
        }
    }

    private void message() {
        TableForm form = relations.form(LogicalMessage.RELATION);
        if (form == null) {
            in.skip(in.remaining());
            return;
        }
        LogicalMessage message = LogicalMessage.read(in);
        Row row = LogicalMessages.row(message.prefix(), message.transactional(), in.bytes(in.i32()));
        drafts.add(new Draft.Insert(form.schema(), row));
    }

    /**
     * @param keyOnly whether it holds nothing but the key, as nulls in other columns then do not tell
     * @param former where a value is taken from that stayed as it was and was not sent
     */
    private Row tuple(TableForm form, boolean keyOnly, @Nullable Row former) {
        int count = scan(form);
        boolean anyNull = false;
        boolean anyAbsent = false;
        int column = 0;
        for (int i = 0; i < count; i++) {
            if (form.value(i) != null) {
                kinds[i] = kind(form, keyOnly, former, i, column++);
                anyNull |= kinds[i] == NULL;
                anyAbsent |= kinds[i] == UNCHANGED;
            }
        }
        rows.begin(form.schema(), anyNull, anyAbsent);
        column = 0;
        for (int i = 0; i < count; i++) {
            Transcoder value = form.value(i);
            if (value != null) {
                write(form, value, former, i, column++);
            }
        }
        return rows.end();
    }

    /** What the column is: a text, a value in binary form, null, unchanged, or unchanged and known from the former row. */
    private byte kind(TableForm form, boolean keyOnly, @Nullable Row former, int i, int column) {
        if (keyOnly && !form.identifies(i)) {
            return UNCHANGED;
        }
        if (kinds[i] == UNCHANGED && former != null && former.has(column)) {
            return former.isNull(column) ? NULL : FORMER;
        }
        return kinds[i];
    }

    private void write(TableForm form, Transcoder value, @Nullable Row former, int i, int column) {
        switch (kinds[i]) {
            case NULL -> rows.nothing();
            case UNCHANGED -> rows.absent();
            case TEXT -> write(form, value, i, column);
            case BINARY -> {
                Transcoder binary = form.binary(i);
                if (binary == null) {
                    throw new NoBinaryForm("a value of column '%s' of %s in binary form, which is not read of type %s"
                            .formatted(
                                    form.schema().columns().get(column).name(),
                                    form.schema().relation().text(),
                                    form.schema().columns().get(column).type()));
                }
                write(form, binary, i, column);
            }
            default -> {
                if (former != null) {
                    former.copyTo(column, rows.value());
                }
            }
        }
    }

    private void write(TableForm form, Transcoder value, int i, int column) {
        value.write(form.schema(), column, in.array(), starts[i], lengths[i], rows.value());
    }

    /** A value came in its type's binary form, which is read of frequent types only: whoever asks again has to ask for texts. */
    static final class NoBinaryForm extends IllegalArgumentException {

        private static final long serialVersionUID = 1L;

        private NoBinaryForm(String message) {
            super(message);
        }
    }

    /** Finds where each of the tuple's columns lies. */
    private int scan(TableForm form) {
        int count = in.u8() << 8 | in.u8();
        if (count != form.width()) {
            throw new IllegalArgumentException("a row of %d columns in %s of %d"
                    .formatted(count, form.schema().relation().text(), form.width()));
        }
        if (kinds.length < count) {
            kinds = new byte[count];
            starts = new int[count];
            lengths = new int[count];
        }
        for (int i = 0; i < count; i++) {
            kinds[i] = (byte) in.u8();
            switch (kinds[i]) {
                case NULL, UNCHANGED -> {}
                case TEXT, BINARY -> {
                    lengths[i] = in.i32();
                    starts[i] = in.position();
                    in.skip(lengths[i]);
                }
                default ->
                    throw new IllegalArgumentException("a column of %s whose kind is byte %d"
                            .formatted(form.schema().relation().text(), kinds[i]));
            }
        }
        return count;
    }
}
