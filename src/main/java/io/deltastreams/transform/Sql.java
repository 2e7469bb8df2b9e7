package io.deltastreams.transform;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.validate.SqlConformanceEnum;

/** The door to Calcite's parser: text in, syntax tree or an error with its place out; bounded, since texts come from subscribers too. */
final class Sql {

    static final int LONGEST = 4_096;
    static final int DEEPEST = 64;
    private static final int MOST_TOKENS = 1_024;

    private static final SqlParser.Config CONFIG = SqlParser.config()
            .withQuoting(Quoting.DOUBLE_QUOTE)
            .withUnquotedCasing(Casing.UNCHANGED)
            .withQuotedCasing(Casing.UNCHANGED)
            .withCaseSensitive(true)
            .withConformance(SqlConformanceEnum.BABEL);
    private static final String SELECT = "SELECT ";
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*");
    private static final Pattern TOKEN =
            Pattern.compile("--[^\\n]*|/\\*.*?\\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[\\w.$]+|\\S", Pattern.DOTALL);
    private static final Pattern UNEXPECTED = Pattern.compile("Encountered \"(.*?)\" at line", Pattern.DOTALL);

    private Sql() {}

    static SqlNode condition(Clause clause) throws InvalidStream {
        bound(clause);
        try {
            return SqlParser.create(clause.text(), CONFIG).parseExpression();
        } catch (SqlParseException e) {
            throw unreadable(clause, e);
        }
    }

    /** What a clause selects: columns, expressions, perhaps with AS, and {@code *}. Positions are those of {@link #selecting}. */
    static List<SqlNode> selection(Clause clause) throws InvalidStream {
        bound(clause);
        String text = clause.text().strip();
        if (WORD.matcher(text).matches()) {
            // A column may be called like one of SQL's many reserved words.
            SqlParserPos pos = new SqlParserPos(1, clause.shift() + 1, 1, clause.shift() + text.length());
            return List.of(new SqlIdentifier(text, pos));
        }
        try {
            SqlNode node = SqlParser.create(SELECT + clause.text(), CONFIG).parseQuery();
            if (node instanceof SqlSelect select && isBare(select)) {
                return List.copyOf(select.getSelectList());
            }
            throw clause.error(
                    new SqlParserPos(1, clause.shift() + 1), "must be columns and expressions, nothing else");
        } catch (SqlParseException e) {
            throw unreadable(clause, e);
        }
    }

    /** The clause as its positions count once it is parsed as a selection. */
    static Clause selecting(Clause clause) {
        return clause.shifted(SELECT.length());
    }

    private static boolean isBare(SqlSelect select) {
        return select.getFrom() == null
                && select.getWhere() == null
                && select.getGroup() == null
                && select.getHaving() == null
                && select.getQualify() == null
                && select.getWindowList().isEmpty()
                && !select.isDistinct()
                && !select.hasOrderBy()
                && !select.hasHints()
                && select.getFetch() == null;
    }

    /** The parser goes down one call for every level, so the levels are counted before. */
    private static void bound(Clause clause) throws InvalidStream {
        if (clause.text().length() > LONGEST) {
            throw clause.error(SqlParserPos.ZERO, "longer than " + LONGEST + " characters");
        }
        Matcher token = TOKEN.matcher(clause.text());
        int depth = 0;
        int prefixes = 0;
        int tokens = 0;
        while (token.find()) {
            String text = token.group();
            depth += switch (text.toUpperCase(Locale.ROOT)) {
                case "(", "[", "{", "CASE" -> 1;
                case ")", "]", "}", "END" -> -1;
                default -> 0;
            };
            prefixes = isPrefix(text) ? prefixes + 1 : 0;
            if (depth > DEEPEST || prefixes > DEEPEST) {
                throw clause.error(place(clause, token.start()), "nested deeper than " + DEEPEST + " levels");
            }
            if (++tokens > MOST_TOKENS) {
                throw clause.error(place(clause, token.start()), "more than " + MOST_TOKENS + " words and signs");
            }
        }
    }

    private static boolean isPrefix(String token) {
        return token.equals("-") || token.equals("+") || token.equalsIgnoreCase("NOT");
    }

    private static SqlParserPos place(Clause clause, int offset) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < offset; i++) {
            boolean ends = clause.text().charAt(i) == '\n';
            line += ends ? 1 : 0;
            column = ends ? 1 : column + 1;
        }
        return new SqlParserPos(line, line == 1 ? column + clause.shift() : column);
    }

    private static InvalidStream unreadable(Clause clause, SqlParseException e) {
        SqlParserPos pos = e.getPos() == null ? SqlParserPos.ZERO : e.getPos();
        String message = e.getMessage() == null ? "" : e.getMessage();
        Matcher unexpected = UNEXPECTED.matcher(message);
        if (!unexpected.find()) {
            String first = message.lines().findFirst().orElse("not readable as SQL");
            return clause.error(pos, first.replaceAll(" at line \\d+, column \\d+.*", ""));
        }
        String token = unexpected.group(1).replace("\\'", "'").replace("\\\"", "\"");
        String word = token.split(" ", 2)[0];
        if (token.endsWith("<EOF>")) {
            return clause.error(pos, "ends too early");
        }
        if (token.startsWith(": :")) {
            return clause.error(pos, "unexpected '::'; write CAST(… AS type)");
        }
        String hint = WORD.matcher(word).matches()
                ? "; if it is a name, write \"%s\" in double quotes, for SQL reserves the word".formatted(word)
                : "";
        return clause.error(pos, "unexpected '%s'%s".formatted(word, hint));
    }
}
