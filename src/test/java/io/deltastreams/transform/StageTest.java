package io.deltastreams.transform;

import static io.deltastreams.transform.Samples.AT;
import static io.deltastreams.transform.Samples.ORDERS;
import static io.deltastreams.transform.Samples.STREAM;
import static io.deltastreams.transform.Samples.delete;
import static io.deltastreams.transform.Samples.encoded;
import static io.deltastreams.transform.Samples.insert;
import static io.deltastreams.transform.Samples.order;
import static io.deltastreams.transform.Samples.program;
import static io.deltastreams.transform.Samples.stage;
import static io.deltastreams.transform.Samples.update;
import static io.deltastreams.transform.Samples.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.deltastreams.change.Change;
import io.deltastreams.change.Column;
import io.deltastreams.change.Row;
import io.deltastreams.change.Schema;
import io.deltastreams.change.TableId;
import io.deltastreams.change.Type;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a stage makes of changes: which delta, which columns, what is hidden. */
class StageTest {

    private static final Row PAID = order(1L, "PAID", new BigDecimal("10.00"), "long", "ok", "{}");
    private static final Row OPEN = order(1L, "OPEN", new BigDecimal("10.00"), "long", "ok", "{}");
    private static final Row KEY_ONLY = order(1L, Row.ABSENT, Row.ABSENT, Row.ABSENT, Row.ABSENT, Row.ABSENT);

    private static Change emitted(Stage stage, Change change) {
        StageResult result = stage.apply(change);
        assertThat(result).isInstanceOf(StageResult.Emitted.class);
        return ((StageResult.Emitted) result).change();
    }

    private static String refused(Stage stage, Change change) {
        StageResult result = stage.apply(change);
        assertThat(result).isInstanceOf(StageResult.Refused.class);
        return ((StageResult.Refused) result).reason();
    }

    private static List<@Nullable Object> values(Row row) {
        return java.util.stream.IntStream.range(0, row.size())
                .<@Nullable Object>mapToObj(row::get)
                .toList();
    }

    @Test
    void without_stages_rows_pass_as_they_are() throws InvalidStream {
        // given
        Stage stage = stage("from: public.orders");
        // when
        Change change = emitted(stage, insert(PAID));
        // then
        assertThat(stage.output()).isEqualTo(new Schema(STREAM, 3, ORDERS.columns(), List.of(0)));
        assertThat(change).isEqualTo(new Change.Insert(AT, stage.output(), PAID));
        assertThat(((Change.Insert) change).after()).isSameAs(PAID);
        assertThat(stage.needsFullBefore()).isFalse();
    }

    @Test
    void a_row_that_leaves_a_where_is_deleted_and_one_that_enters_is_inserted() throws InvalidStream {
        // given
        Stage stage = where("status = 'PAID'");
        Schema schema = stage.output();
        // then
        assertThat(stage.needsFullBefore()).isTrue();
        assertThat(emitted(stage, insert(PAID))).isInstanceOf(Change.Insert.class);
        assertThat(stage.apply(insert(OPEN))).isInstanceOf(StageResult.Nothing.class);
        assertThat(emitted(stage, update(PAID, PAID))).isEqualTo(new Change.Update(AT, schema, PAID, PAID));
        assertThat(emitted(stage, update(PAID, OPEN))).isEqualTo(new Change.Delete(AT, schema, PAID));
        assertThat(emitted(stage, update(OPEN, PAID))).isEqualTo(new Change.Insert(AT, schema, PAID));
        assertThat(stage.apply(update(OPEN, OPEN))).isInstanceOf(StageResult.Nothing.class);
        assertThat(emitted(stage, delete(PAID))).isEqualTo(new Change.Delete(AT, schema, PAID));
        assertThat(stage.apply(delete(OPEN))).isInstanceOf(StageResult.Nothing.class);
        assertThat(emitted(stage, new Change.Truncate(AT, ORDERS))).isEqualTo(new Change.Truncate(AT, schema));
    }

    @Test
    void without_the_former_row_an_update_becomes_an_upsert_or_a_delete_by_key() throws InvalidStream {
        // given
        Stage stage = where("status = 'PAID'");
        Schema schema = stage.output();
        // then
        assertThat(emitted(stage, update(null, PAID))).isEqualTo(new Change.Update(AT, schema, null, PAID));
        assertThat(emitted(stage, update(null, OPEN))).isEqualTo(new Change.Delete(AT, schema, KEY_ONLY));
        assertThat(emitted(stage, update(KEY_ONLY, OPEN))).isEqualTo(new Change.Delete(AT, schema, KEY_ONLY));
        assertThat(emitted(stage, delete(KEY_ONLY))).isEqualTo(new Change.Delete(AT, schema, KEY_ONLY));
    }

    @Test
    void a_where_over_the_key_alone_needs_no_former_row() throws InvalidStream {
        // given
        Stage stage = where("id > 5");
        // then
        assertThat(stage.needsFullBefore()).isFalse();
        assertThat(stage.apply(update(null, PAID))).isInstanceOf(StageResult.Nothing.class);
        assertThat(stage.apply(delete(KEY_ONLY))).isInstanceOf(StageResult.Nothing.class);
    }

    @Test
    void an_untouched_value_comes_from_the_former_row_or_stays_absent() throws InvalidStream {
        // given
        Row untouched = order(1L, "PAID", BigDecimal.ONE, Row.ABSENT, "ok", "{}");
        Stage stage = stage("""
                from: public.orders
                select: [id, note, "upper(note) AS loud"]
                """);
        // then
        assertThat(values(((Change.Update) emitted(stage, update(OPEN, untouched))).after()))
                .containsExactly(1L, "long", "LONG");
        assertThat(values(((Change.Update) emitted(stage, update(null, untouched))).after()))
                .containsExactly(1L, Row.ABSENT, Row.ABSENT);
    }

    @Test
    void a_where_that_needs_an_absent_value_refuses_and_says_what_to_do() throws InvalidStream {
        // given
        Row untouched = order(1L, "PAID", BigDecimal.ONE, Row.ABSENT, "ok", "{}");
        // then
        assertThat(refused(where("note = 'x'"), update(null, untouched)))
                .isEqualTo("column 'note' is needed and the source did not send it;"
                        + " set REPLICA IDENTITY FULL on public.orders");
        assertThat(where("note = 'x' AND status = 'OPEN'").apply(update(OPEN, untouched)))
                .isInstanceOf(StageResult.Nothing.class);
        assertThat(emitted(where("note = 'x' OR status = 'PAID'"), update(null, untouched)))
                .isInstanceOf(Change.Update.class);
    }

    @Test
    void a_row_that_enters_without_all_its_values_is_refused() throws InvalidStream {
        // given
        Row open = order(1L, "OPEN", BigDecimal.ONE, Row.ABSENT, "ok", "{}");
        Row paid = order(1L, "PAID", BigDecimal.ONE, Row.ABSENT, "ok", "{}");
        // then
        assertThat(refused(where("status = 'PAID'"), update(open, paid))).contains("'note'", "REPLICA IDENTITY FULL");
    }

    @Test
    void a_selection_renames_computes_and_passes_values_untouched() throws InvalidStream {
        // given
        Stage stage = stage("""
                from: public.orders
                select: [id AS order_id, "amount * 1.19 AS gross", doc]
                """);
        // then
        assertThat(stage.output().columns())
                .containsExactly(
                        new Column("order_id", Type.Simple.INT64, false),
                        new Column("gross", new Type.Numeric(0, 0), true),
                        new Column("doc", Type.Simple.JSON, true));
        assertThat(stage.output().key()).containsExactly(0);
        assertThat(values(((Change.Insert) emitted(stage, insert(PAID))).after()))
                .containsExactly(1L, new BigDecimal("11.9000"), "{}");
    }

    @Test
    void a_stream_whose_key_is_not_selected_has_none() throws InvalidStream {
        // given
        Stage stage = stage("""
                from: public.orders
                select: [status, "id + 1 AS following"]
                """);
        // then
        assertThat(stage.output().key()).isEmpty();
        assertThat(stage.needsFullBefore()).isTrue();
    }

    @Test
    void a_stream_of_several_tables_names_the_table_first_in_its_key() throws InvalidStream {
        // given
        Stage stage = stage("""
                from: public.*
                where: _table = 'public.orders'
                select: [id, _table]
                """);
        // then
        assertThat(stage.output().columns().getFirst()).isEqualTo(new Column("_table", Type.Simple.TEXT, false));
        assertThat(stage.output().key()).containsExactly(0, 1);
        assertThat(values(((Change.Insert) emitted(stage, insert(PAID))).after()))
                .containsExactly("public.orders", 1L);
    }

    @Test
    void patterns_name_tables() {
        // given
        StreamProgram program = program("from: [public.orders_*, \"shop.item?\"]");
        // then
        assertThat(program.reads(TableId.parse("public.orders_2026"))).isTrue();
        assertThat(program.reads(TableId.parse("public.orders"))).isFalse();
        assertThat(program.reads(TableId.parse("shop.items"))).isTrue();
        assertThat(program.reads(new TableId("public.orders_x", "y"))).isFalse();
        assertThat(program.from()).containsExactly("public.orders_*", "shop.item?");
        assertThat(program.onError()).isEqualTo(OnError.STOP);
        assertThat(program("{from: a.b, on_error: dead-letter}").onError()).isEqualTo(OnError.DEAD_LETTER);
    }

    @Test
    void masks_hide() throws InvalidStream {
        // given
        Stage stage = stage("""
                from: public.orders
                mask:
                  id: sha256
                  status: redact
                  amount: redact
                  note: { partial: 2 }
                  mood:
                    sha256: ${KEY}
                  doc: drop
                """);
        // then
        assertThat(stage.output().columns())
                .containsExactly(
                        new Column("id", Type.Simple.TEXT, false),
                        new Column("status", Type.Simple.TEXT, true),
                        new Column("amount", new Type.Numeric(12, 2), true),
                        new Column("note", Type.Simple.TEXT, true),
                        new Column("mood", Type.Simple.TEXT, true));
        assertThat(stage.output().key()).containsExactly(0);
        assertThat(values(((Change.Insert) emitted(stage, insert(PAID))).after()))
                .containsExactly(
                        "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
                        "***",
                        null,
                        "**ng",
                        "5fa555347708e32468a2408324bb5a039e5121023e5cf8e949f3440bd978630d");
        assertThat(values(((Change.Insert) emitted(stage, insert(order(1L, null, null, null, null, null)))).after()))
                .endsWith(null, null, null, null);
    }

    @Test
    void what_fails_for_a_row_is_refused_with_its_place_and_without_values() throws InvalidStream {
        // given
        Stage stage = stage("""
                from: public.orders
                select: [id, "10 / (amount - 10) AS ratio"]
                """);
        // then
        assertThat(refused(stage, insert(PAID))).isEqualTo("division by zero (select[1], line 4, column 19)");
    }

    @Test
    void a_change_of_another_schema_is_a_bug() throws InvalidStream {
        // given
        Stage stage = stage("from: public.orders");
        Schema other = new Schema(ORDERS.relation(), 4, ORDERS.columns(), ORDERS.key());
        // then
        assertThatThrownBy(() -> stage.apply(new Change.Truncate(AT, other)))
                .hasMessage("compiled for version 3 of public.orders, given version 4 of public.orders");
    }

    @Test
    void a_narrowing_selects_by_commas() throws InvalidStream {
        // given
        Stage stage = Narrowing.parse(STREAM, Optional.of("amount > 5"), Optional.of("id, amount / 3 AS third"))
                .compile(ORDERS);
        // then
        assertThat(values(((Change.Insert) emitted(stage, insert(PAID))).after()))
                .containsExactly(1L, new BigDecimal("3.3333333333333333"));
    }

    @Test
    void rows_in_their_binary_form_make_the_same_deltas_as_rows_of_values() throws InvalidStream {
        Row unsent = order(1L, "PAID", new BigDecimal("2.00"), Row.ABSENT, null, "{}");
        for (String declaration : List.of(
                "from: public.orders",
                "from: public.orders\nwhere: status = 'PAID'",
                "from: public.orders\nselect: [note, id]",
                "from: public.orders\nselect: [\"amount * 2 AS twice\", mood, id, doc]\nwhere: status = 'PAID'",
                "from: public.orders\nmask: { note: redact, status: sha256, doc: drop }")) {
            Stage stage = stage(declaration);
            for (Row after : List.of(PAID, OPEN, unsent)) {
                for (Row before : List.of(PAID, OPEN, KEY_ONLY)) {
                    assertThat(stage.apply(update(encoded(before), encoded(after))))
                            .as(declaration)
                            .isEqualTo(stage.apply(update(before, after)))
                            .isEqualTo(stage.apply(update(encoded(before), after)))
                            .isEqualTo(stage.apply(update(before, encoded(after))));
                    assertThat(stage.apply(delete(encoded(before))))
                            .as(declaration)
                            .isEqualTo(stage.apply(delete(before)));
                }
                assertThat(stage.apply(update(null, encoded(after))))
                        .as(declaration)
                        .isEqualTo(stage.apply(update(null, after)));
                assertThat(stage.apply(insert(encoded(after)))).as(declaration).isEqualTo(stage.apply(insert(after)));
            }
        }
    }

    @Test
    void a_row_that_a_stage_leaves_as_it_is_is_not_made_anew() throws InvalidStream {
        Row row = encoded(PAID);

        Change change = emitted(stage("from: public.orders\nwhere: status = 'PAID'"), insert(row));

        assertThat(((Change.Insert) change).after()).isSameAs(row);
    }
}
