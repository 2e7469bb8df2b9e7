package io.deltastreams.codec.protobuf;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words, numbers, texts and signs of a .proto file, one after the other; comments are no tokens. */
final class ProtoTokens {

    private static final Pattern TOKEN =
            Pattern.compile("\\s+|//[^\n]*|/\\*[\\s\\S]*?\\*/|(\\w+|\"[^\"\n]*\"|'[^'\n]*'|[-{}()<>\\[\\];:=,.])");
    private static final Pattern NAME = Pattern.compile("[A-Za-z_]\\w*");

    private record Token(String text, int at) {}

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int next;

    ProtoTokens(String source) {
        this.source = source;
        Matcher matcher = TOKEN.matcher(source);
        int at = 0;
        while (at < source.length()) {
            if (!matcher.region(at, source.length()).lookingAt()) {
                throw malformed(at, "nothing begins with '%s'".formatted(source.charAt(at)));
            }
            if (matcher.group(1) != null) {
                tokens.add(new Token(matcher.group(1), at));
            }
            at = matcher.end();
        }
    }

    boolean atEnd() {
        return next == tokens.size();
    }

    /** The next token, which stays the next; empty at the end. */
    String peek() {
        return atEnd() ? "" : tokens.get(next).text();
    }

    String take() {
        if (atEnd()) {
            throw malformed(source.length(), "it ends too early");
        }
        return tokens.get(next++).text();
    }

    /** Takes the next token if it is this one. */
    boolean takeIf(String token) {
        boolean found = peek().equals(token);
        if (found) {
            next++;
        }
        return found;
    }

    void expect(String token) {
        if (!takeIf(token)) {
            throw unexpected("'" + token + "'");
        }
    }

    String name() {
        if (!NAME.matcher(peek()).matches()) {
            throw unexpected("a name");
        }
        return take();
    }

    /** Names with dots between, and maybe one in front. */
    String path() {
        StringBuilder path = new StringBuilder(takeIf(".") ? "." : "").append(name());
        while (takeIf(".")) {
            path.append('.').append(name());
        }
        return path.toString();
    }

    int number() {
        try {
            int number = Integer.parseInt(peek());
            take();
            return number;
        } catch (NumberFormatException e) {
            throw unexpected("a number");
        }
    }

    /** Takes all that follows up to and with the given sign that stands outside of brackets. */
    void skipThrough(String sign) {
        int depth = 0;
        while (true) {
            String token = take();
            if (depth == 0 && token.equals(sign)) {
                return;
            }
            depth += "{[(".contains(token) ? 1 : "}])".contains(token) ? -1 : 0;
        }
    }

    IllegalArgumentException unexpected(String wanted) {
        return atEnd()
                ? malformed(source.length(), "it ends where %s should stand".formatted(wanted))
                : malformed(tokens.get(next).at(), "'%s' where %s should stand".formatted(peek(), wanted));
    }

    private IllegalArgumentException malformed(int at, String what) {
        long line = source.substring(0, at).lines().count() + (at == 0 || source.charAt(at - 1) == '\n' ? 1 : 0);
        return new IllegalArgumentException("line %d: %s".formatted(line, what));
    }
}
