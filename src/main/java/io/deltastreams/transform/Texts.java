package io.deltastreams.transform;

import java.util.Arrays;

/** PostgreSQL's functions on text; characters are code points. */
final class Texts {

    /** No computed text is longer, so that an expression cannot fill the memory. */
    static final int LONGEST = 1 << 24;

    private Texts() {}

    static int compare(String a, String b) {
        int least = Math.min(a.length(), b.length());
        for (int i = 0; i < least; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean mixed = Character.isSurrogate(x) != Character.isSurrogate(y);
                return mixed ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    static String upper(String text) {
        return text.codePoints()
                .map(Character::toUpperCase)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    static String lower(String text) {
        return text.codePoints()
                .map(Character::toLowerCase)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    static String concat(String a, String b) {
        if (a.length() + b.length() > LONGEST) {
            throw tooLong();
        }
        return a.concat(b);
    }

    private static Failure tooLong() {
        return new Failure("text longer than " + LONGEST + " characters");
    }

    static String trim(String text, String characters, boolean leading, boolean trailing) {
        int[] points = text.codePoints().toArray();
        int from = 0;
        int to = points.length;
        while (leading && from < to && characters.indexOf(points[from]) >= 0) {
            from++;
        }
        while (trailing && to > from && characters.indexOf(points[to - 1]) >= 0) {
            to--;
        }
        return new String(points, from, to - from);
    }

    static int position(String part, String text) {
        int at = text.indexOf(part);
        return at < 0 ? 0 : text.codePointCount(0, at) + 1;
    }

    static String replace(String text, String from, String to) {
        if (from.isEmpty()) {
            return text;
        }
        long longest = (long) text.length() / from.length() * Math.max(0, to.length() - from.length()) + text.length();
        if (longest > LONGEST) {
            throw tooLong();
        }
        return text.replace(from, to);
    }

    /** From the {@code start}th character, {@code count} of them: those before the first one count, but are not there. */
    static String substring(String text, long start, long count) {
        if (count < 0) {
            throw new Failure("negative substring length not allowed");
        }
        int[] points = text.codePoints().toArray();
        long end = count > Integer.MAX_VALUE ? Integer.MAX_VALUE : start + count;
        int from = Math.clamp(start - 1, 0, points.length);
        int to = Math.clamp(end - 1, from, points.length);
        return new String(points, from, to - from);
    }

    /** The first {@code count} characters; all but the last {@code -count} where it is negative. */
    static String left(String text, int count) {
        int length = length(text);
        int to = Math.clamp(count >= 0 ? count : (long) length + count, 0, length);
        return text.substring(0, text.offsetByCodePoints(0, to));
    }

    static String right(String text, int count) {
        int length = length(text);
        int kept = Math.clamp(count >= 0 ? count : (long) length + count, 0, length);
        return text.substring(text.offsetByCodePoints(0, length - kept));
    }

    /** A LIKE pattern, taken apart. */
    static final class Like {

        private static final int ANY_ONE = -1;
        private static final int ANY_MANY = -2;

        private final int[] tokens;
        private final boolean foldCase;

        private Like(int[] tokens, boolean foldCase) {
            this.tokens = tokens;
            this.foldCase = foldCase;
        }

        /** @param escape the character that takes the next one literally, or -1 */
        static Like of(String pattern, int escape, boolean foldCase) {
            int[] points = (foldCase ? lower(pattern) : pattern).codePoints().toArray();
            int[] tokens = new int[points.length];
            int size = 0;
            for (int i = 0; i < points.length; i++) {
                int point = points[i];
                if (point == escape) {
                    if (++i == points.length) {
                        throw new Failure("LIKE pattern must not end with escape character");
                    }
                    tokens[size++] = points[i];
                } else {
                    tokens[size++] = point == '%' ? ANY_MANY : point == '_' ? ANY_ONE : point;
                }
            }
            return new Like(Arrays.copyOf(tokens, size), foldCase);
        }

        /** Goes back to the last % at most, so that it takes at most text times pattern steps. */
        boolean matches(String value) {
            String text = foldCase ? lower(value) : value;
            int at = 0;
            int token = 0;
            int retryToken = -1;
            int retryAt = 0;
            while (at < text.length()) {
                int point = text.codePointAt(at);
                if (token < tokens.length && (tokens[token] == ANY_ONE || tokens[token] == point)) {
                    at += Character.charCount(point);
                    token++;
                } else if (token < tokens.length && tokens[token] == ANY_MANY) {
                    retryToken = ++token;
                    retryAt = at;
                } else if (retryToken >= 0) {
                    retryAt += Character.charCount(text.codePointAt(retryAt));
                    at = retryAt;
                    token = retryToken;
                } else {
                    return false;
                }
            }
            while (token < tokens.length && tokens[token] == ANY_MANY) {
                token++;
            }
            return token == tokens.length;
        }
    }
}
