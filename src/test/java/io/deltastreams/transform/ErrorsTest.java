package io.deltastreams.transform;

import static io.deltastreams.transform.Samples.ORDERS;
import static io.deltastreams.transform.Samples.STREAM;
import static io.deltastreams.transform.Samples.problems;
import static io.deltastreams.transform.Samples.stage;
import static io.deltastreams.transform.Samples.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong is told with stream, key, line, column, and what would be right. */
class ErrorsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "amout > 1 | column 1: unknown column 'amout'; did you mean 'amount'?",
                "zzzzzzzz = 1 | column 1: unknown column 'zzzzzzzz'; known here: id, status, amount, note, mood, doc",
                "amount > 1 AND status = 5 | column 16: cannot compare text with integer",
                "status > amount | column 1: cannot compare text with numeric",
                "amount = 'much' | column 10: 'much' is no numeric: invalid text for type numeric",
                "mood = 'hapy' | column 8: 'hapy' is no label of enum mood; did you mean 'happy'?",
                "doc = doc | column 1: json cannot be compared, only tested with IS [NOT] NULL",
                "amount | column 1: where must be boolean, not numeric",
                "status = 'PAID' AND | column 17: Incorrect syntax near the keyword 'AND'",
                "status = | column 8: ends too early",
                "value > 1 | column 1: unexpected 'value'; if it is a name, write \"value\" in double quotes, for SQL reserves the word",
                "id::text = '1' | column 3: unexpected '::'; write CAST(… AS type)",
                "uper(status) = 'X' | column 1: 'uper' is not supported; did you mean upper?",
                "created < now() | column 1: unknown column 'created'; known here: id, status, amount, note, mood, doc",
                "now() > '2024-01-01' | column 1: now differs from run to run; a stream must give the same result whenever it is replayed",
                "current_date > '2024-01-01' | column 1: current_date differs from run to run; a stream must give the same result whenever it is replayed",
                "upper(status, 1) = 'X' | column 1: upper takes 1 arguments, not 2",
                "length(amount) > 1 | column 8: the argument of length must be text, not numeric",
                "id IN (SELECT 1) | column 1: IN wants a list of values; a query inside an expression is not supported",
                "o.id = 1 | column 1: write a column by its name alone, without a table before it: o.id",
                "CAST(id AS txt) = 'x' | column 12: cannot cast to 'txt'; did you mean text?",
                "CAST(doc AS integer) = 1 | column 1: cannot cast json to integer",
                "CASE WHEN id = 1 THEN 1 ELSE 'x' END = 1 | column 30: 'x' is no integer: invalid text for type integer",
                "status LIKE 'x\\' | column 13: LIKE pattern must not end with escape character",
                "date_trunc('dya', id) IS NULL | column 12: unknown unit 'dya'; did you mean 'day'?",
                "status SIMILAR TO 'x' | column 1: 'similar to' is not supported; known functions: abs, ceil, char_length, coalesce, concat, date_trunc, extract, floor, greatest, least, left, length, lower, mod, nullif, position, power, replace, right, round, sign, sqrt, substring, trim, trunc, upper",
            })
    void a_condition_that_does_not_fit_says_why(String condition, String message) {
        assertThatThrownBy(() -> where(condition)).hasMessage("stream paid, where, line 1, " + message);
    }

    @Test
    void places_in_the_file_are_exact_in_plain_quoted_and_block_texts() {
        // plain
        assertThatThrownBy(() -> stage("""
                from: public.orders
                where: amount > 0 AND satus = 'x'
                """))
                .hasMessage("stream paid, where, line 4, column 27: unknown column 'satus'; did you mean 'status'?");
        // quoted
        assertThatThrownBy(() -> stage("""
                from: public.orders
                select: [id, "amont * 2 AS twice"]
                """))
                .hasMessage(
                        "stream paid, select[1], line 4, column 19: unknown column 'amont'; did you mean 'amount'?");
        // block
        assertThatThrownBy(() -> stage("""
                from: public.orders
                where: |
                  amount > 0
                  AND satus = 'x'
                """))
                .hasMessage("stream paid, where, line 6, column 11: unknown column 'satus'; did you mean 'status'?");
        // mask
        assertThatThrownBy(() -> stage("""
                from: public.orders
                mask: { stats: redact }
                """))
                .hasMessage(
                        "stream paid, mask.stats, line 4, column 20: unknown column 'stats'; did you mean 'status'?");
    }

    @Test
    void selections_that_do_not_fit_say_why() {
        assertThatThrownBy(() -> stage("{from: public.orders, select: [amount * 2]}"))
                .hasMessageEndingWith("a computed column needs a name: … AS name");
        assertThatThrownBy(() -> stage("{from: public.orders, select: [id, '*']}"))
                .hasMessageEndingWith("column 'id' stands twice; rename one: … AS name");
        assertThatThrownBy(() -> stage("{from: public.orders, mask: {id: redact}}"))
                .hasMessageEndingWith("a key column can only be masked by sha256, or left out of select");
    }

    @Test
    void what_needs_no_schema_is_a_problem_of_the_file() {
        assertThat(problems("where: amount >"))
                .contains("pipeline.yaml:2:3: streams.paid.from: 'from' is missing")
                .contains("pipeline.yaml:3:19: streams.paid.where: ends too early");
        assertThat(problems("from: orders"))
                .isEqualTo("pipeline.yaml:3:11: streams.paid.from:"
                        + " 'orders' is no table; one looks like public.orders, a pattern like public.*");
        assertThat(problems("{from: a.b, mask: {x: sha265}}"))
                .endsWith("streams.paid.mask.x: 'sha265' is no mask; did you mean sha256?");
        assertThat(problems("{from: a.b, on_error: halt}"))
                .endsWith("streams.paid.on_error: 'halt' must be one of stop, dead-letter, skip");
        assertThat(problems("{from: a.b, select: 'id FROM x'}"))
                .endsWith("streams.paid.select: must be columns and expressions, nothing else");
    }

    @ParameterizedTest
    @ValueSource(strings = {"(", "NOT ", "- ", "CASE WHEN ", "abs("})
    void a_subscribers_text_cannot_nest_without_end(String level) {
        assertThatThrownBy(() -> Narrowing.parse(STREAM, Optional.of(level.repeat(400)), Optional.empty()))
                .isInstanceOf(InvalidStream.class)
                .hasMessageContaining("nested deeper than 64 levels");
    }

    @Test
    void a_subscribers_text_cannot_be_longer_than_a_page() throws InvalidStream {
        assertThatThrownBy(() -> Narrowing.parse(STREAM, Optional.of("id = 1" + " ".repeat(4_096)), Optional.empty()))
                .hasMessageContaining("longer than 4096 characters");
        assertThatThrownBy(() -> Narrowing.parse(STREAM, Optional.of("id" + "+1".repeat(1_000)), Optional.empty()))
                .hasMessageContaining("more than 1024 words and signs");
        assertThat(Narrowing.parse(STREAM, Optional.of("id = 1" + " AND id = 1".repeat(200)), Optional.empty())
                        .compile(ORDERS))
                .isNotNull();
    }
}
