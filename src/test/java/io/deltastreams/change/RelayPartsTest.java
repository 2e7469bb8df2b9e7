package io.deltastreams.change;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.deltastreams.log.Batches;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RelayPartsTest {

    private static final TableId T = new TableId("public", "t");
    private static final TableId U = new TableId("a \"schema\"", "u.v");

    private final RelayParts parts = new RelayParts();
    private long offset;

    private static List<RelayPart> cut(long sender, Relayed relayed, int size) {
        BinaryWriter out = new BinaryWriter(64);
        new RelayedCodec().encode(relayed, out);
        return RelayPart.cut(sender, 7, out, size);
    }

    private List<Relayed> add(List<RelayPart> some) {
        List<Relayed> whole = new ArrayList<>();
        for (RelayPart part : some) {
            parts.add(offset++, RelayPart.decode(part.encode())).ifPresent(whole::add);
        }
        return whole;
    }

    private static Relayed.History history(long commit) {
        return new Relayed.History(
                new Position(1, commit - 1, 0),
                List.of(Batches.orders(commit, 20)),
                new Coverage(Coverage.Snapshot.COMPLETE, Set.of(T), Set.of(U)),
                Set.of(U));
    }

    @Test
    void whatever_a_log_holds_arrives_as_it_was() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Position before = Position.START;
        for (Batch batch : Batches.random(random, 60)) {
            Relayed.History history = new Relayed.History(
                    before,
                    batch.transactions(),
                    new Coverage(
                            List.of(Coverage.Snapshot.values()).get(random.nextInt(3)),
                            random.nextBoolean() ? Set.of(T, U) : Set.of(),
                            Set.of()),
                    random.nextBoolean() ? Set.of(T) : Set.of());

            assertThat(add(cut(1, history, 1 + random.nextInt(5000))))
                    .as("seed %d", seed)
                    .containsExactly(history);
            before = history.last();
        }
    }

    @Test
    void tables_arrive_with_their_former_rows() {
        Relayed.Tables tables = new Relayed.Tables(List.of(
                new Relayed.Table(RandomChanges.everyType(T), BeforeImage.FULL),
                new Relayed.Table(new RandomChanges(new Random(3)).schema(U, 9), BeforeImage.NONE)));

        assertThat(add(cut(1, tables, 100))).containsExactly(tables);
    }

    @Test
    void equal_schemas_are_one_object() {
        List<Relayed> two = new ArrayList<>(add(cut(1, history(5), 1 << 20)));
        two.addAll(add(cut(1, history(6), 1 << 20)));

        assertThat(two)
                .extracting(RelayPartsTest::schema)
                .satisfies(schemas -> assertThat(schemas.get(0)).isSameAs(schemas.get(1)));
    }

    private static Schema schema(Relayed relayed) {
        return ((Relayed.History) relayed)
                .transactions()
                .getFirst()
                .changes()
                .getFirst()
                .schema();
    }

    @Test
    void parts_of_several_senders_may_lie_between_each_other() {
        List<RelayPart> one = cut(1, history(5), 300);
        List<RelayPart> two = cut(2, history(6), 300);
        assertThat(one).hasSizeGreaterThan(3);
        List<RelayPart> mixed = new ArrayList<>();
        for (int i = 0; i < one.size(); i++) {
            mixed.add(one.get(i));
            mixed.add(two.get(i));
        }

        assertThat(add(mixed)).containsExactly(history(5), history(6));
    }

    @Test
    void what_is_not_whole_is_left_out_and_read_again_after_a_restart() {
        List<RelayPart> one = cut(1, history(5), 300);
        List<RelayPart> two = cut(2, history(6), 300);

        assertThat(add(one.subList(0, 2))).isEmpty();
        assertThat(add(two)).containsExactly(history(6));
        assertThat(parts.resumeAt()).isZero();
        assertThat(add(one)).containsExactly(history(5));
        assertThat(parts.resumeAt()).isEqualTo(offset);
        assertThat(add(one.subList(1, one.size()))).isEmpty();
    }

    @Test
    void a_sender_that_is_gone_holds_nothing_back_for_ever() {
        add(cut(1, history(5), 300).subList(0, 2));
        List<RelayPart> whole = cut(2, history(6), 1 << 20);
        for (int i = 0; i < 10_010; i++) {
            add(whole);
        }

        assertThat(parts.resumeAt()).isEqualTo(offset);
    }

    @Test
    void what_is_nothing_of_a_relays_is_told() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> RelayPart.decode("{\"op\":\"insert\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .withMessageContaining("version 123");
        BinaryWriter out = new BinaryWriter(64);
        out.u8(9);
        RelayPart later = RelayPart.cut(1, -1, out, 100).getFirst();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parts.add(0, later))
                .withMessageContaining("version 9, and this instance reads 1");
        RelayPart damaged = RelayPart.cut(
                        1,
                        -1,
                        writer(cut(1, history(5), 1 << 20).getFirst().bytes().array(), 1),
                        1 << 20)
                .getFirst();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parts.add(0, damaged))
                .withMessageContaining("follow its end");
        assertThat(Optional.of(parts.resumeAt())).contains(1L);
    }

    private static BinaryWriter writer(byte[] bytes, int more) {
        BinaryWriter out = new BinaryWriter(64);
        out.bytes(bytes, 0, bytes.length);
        for (int i = 0; i < more; i++) {
            out.u8(0);
        }
        return out;
    }
}
